using System.Security.Cryptography;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Transport;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Transport;

/// <summary>What goes over the grid's connections arrives as it was, whatever its size and whatever happens to a connection.</summary>
public sealed class CarryingTests : IDisposable
{
    private const int LargeBytes = 4 * 1024 * 1024;

    private readonly TempDirectory _directory = new();
    private readonly TestCertificates _authority;

    public CarryingTests() => _authority = new TestCertificates(_directory);

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task LargeAndSmall_ManyAtOnce_ArriveUnchangedBothWays(bool largeBlocks, bool usesTls)
    {
        await using var silo = await GridNode.StartSiloAsync(Settings(largeBlocks, usesTls));
        await using var client = await GridNode.StartClientAsync(Settings(largeBlocks, usesTls), silo.GatewayPort);
        int[] sizes = [0, 1, 4_095, 4_096, 65_535, 65_536, 65_537, 262_144, LargeBytes];

        await Task.WhenAll(sizes.Concat(Enumerable.Repeat(1_000, 500)).Select((size, index) => EchoesAsync(client, size, $"echo-{index % 8}")));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public async Task AConnectionCutInsideABatch_IsMadeAnew(bool largeBlocks, bool usesTls)
    {
        await using var relay = new CuttingRelay(FreePort.Next());
        await using var silo = await GridNode.StartSiloAsync(Settings(largeBlocks, usesTls), relay: relay);
        await using var client = await GridNode.StartClientAsync(Settings(largeBlocks, usesTls), relay.Port);
        await EchoesAsync(client, 1_000);

        relay.CutAfter(LargeBytes / 2);
        // The call may fail or be sent again: that is Orleans' to say. The next one finds a connection.
        await Record.ExceptionAsync(() => EchoesAsync(client, LargeBytes));
        Assert.Equal(1, relay.Cuts);

        await Within.Becomes(async () => await Record.ExceptionAsync(() => EchoesAsync(client, LargeBytes)) is null, "a call goes through again");
        Assert.Equal(1, relay.Cuts);
    }

    [Fact]
    public async Task ASecondSiloOnThePort_DoesNotStart()
    {
        await using var first = await GridNode.StartSiloAsync(new TransportSettings());

        var error = await Assert.ThrowsAnyAsync<Exception>(() => GridNode.StartSiloAsync(new TransportSettings(), siloPort: first.SiloPort));

        Assert.Contains($"127.0.0.1:{first.SiloPort} is in use", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASiloThatStopped_LeavesItsPortToTheNextAtOnce()
    {
        var first = await GridNode.StartSiloAsync(new TransportSettings());
        await using (await GridNode.StartClientAsync(new TransportSettings(), first.GatewayPort))
        {
            // The silo closes first: its side of the connection stays behind in TIME_WAIT.
            await first.DisposeAsync();
        }

        await using var second = await GridNode.StartSiloAsync(new TransportSettings(), siloPort: first.SiloPort);
        Assert.False(second.Log.Has(LogLevel.Error, "in use"));
    }

    private static async Task EchoesAsync(GridNode client, int size, string key = "echo")
    {
        var payload = RandomNumberGenerator.GetBytes(size);
        var echo = await client.EchoAsync(payload, key);
        Assert.True(payload.AsSpan().SequenceEqual(echo), $"{size} octets come back as they were");
    }

    private TransportSettings Settings(bool largeBlocks, bool usesTls)
    {
        var settings = new TransportSettings { LargeBlocks = largeBlocks };
        if (usesTls)
        {
            (settings.Certificate, settings.CertificateKey) = _authority.NodeFiles("node.grid");
            settings.Authorities = _authority.RootFile;
        }

        return settings;
    }
}
