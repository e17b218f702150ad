using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Transport;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Transport;

/// <summary>Who may take part in the grid, and who not.</summary>
public sealed class MutualTlsTests : IDisposable
{
    private static readonly byte[] Payload = [1, 2, 3];

    private readonly TempDirectory _directory = new();
    private readonly TempDirectory _foreignDirectory = new();
    private readonly TestCertificates _authority;
    private readonly TestCertificates _foreigner;

    public MutualTlsTests() => (_authority, _foreigner) = (new TestCertificates(_directory), new TestCertificates(_foreignDirectory));

    public void Dispose()
    {
        _directory.Dispose();
        _foreignDirectory.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WithCertificatesOfOneAuthority_CallsGoThrough(bool largeBlocks)
    {
        await using var silo = await GridNode.StartSiloAsync(Tls("silo.grid", largeBlocks: largeBlocks));
        await using var client = await GridNode.StartClientAsync(Tls("edge.grid", largeBlocks: largeBlocks), silo.GatewayPort);

        Assert.Equal(Payload, await client.EchoAsync(Payload));
        Assert.True(silo.Log.Has(LogLevel.Information, "show the certificate CN=node"));
        Assert.False(silo.Log.Has(LogLevel.Warning, "refused"));
    }

    [Theory]
    [InlineData("foreign", "its certificate does not verify: ")]
    [InlineData("expired", "its certificate does not verify: NotTimeValid")]
    [InlineData("name", "its certificate has none of Grid:Transport:AllowedNames = silo.grid, edge.grid, but other.grid, node")]
    public async Task AClientThatIsNotOne_IsRefusedWithTheReason_AndTheOthersGoOn(string wrong, string reason)
    {
        await using var silo = await GridNode.StartSiloAsync(Tls("silo.grid", allowedNames: "silo.grid, edge.grid"));
        await using var client = await GridNode.StartClientAsync(Tls("edge.grid"), silo.GatewayPort);
        var settings = wrong switch
        {
            "foreign" => Tls("edge.grid", by: _foreigner, trusting: _authority),
            "expired" => Tls("edge.grid", expiredDays: 1),
            _ => Tls("other.grid"),
        };

        await Assert.ThrowsAnyAsync<Exception>(() => GridNode.StartClientAsync(settings, silo.GatewayPort));

        await Within.Becomes(() => silo.Log.Has(LogLevel.Warning, "is refused"), "the silo says why");
        var (_, text) = Assert.Single(silo.Log.All, line => line.Text.Contains("is refused", StringComparison.Ordinal));
        Assert.StartsWith("Grid connection from 127.0.0.1:", text, StringComparison.Ordinal);
        Assert.Contains($"is refused: {reason}", text, StringComparison.Ordinal);
        Assert.EndsWith("; certificate: CN=node", text, StringComparison.Ordinal);
        Assert.Equal(Payload, await client.EchoAsync(Payload));
    }

    [Fact]
    public async Task AClientWithoutACertificate_IsRefused_AndTheOthersGoOn()
    {
        await using var silo = await GridNode.StartSiloAsync(Tls("silo.grid"));
        await using var client = await GridNode.StartClientAsync(Tls("edge.grid"), silo.GatewayPort);
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, silo.GatewayPort);
        await using var stream = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);

        // With TLS 1.3 the client's handshake is over before the server has looked: the end comes with the first read.
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await Within.PatienceOf(stream.AuthenticateAsClientAsync("x"), "the handshake ends");
            Assert.NotEqual(0, await Within.PatienceOf(stream.ReadAsync(new byte[1]).AsTask(), "the silo closes"));
        });
        await Within.Becomes(() => silo.Log.Has(LogLevel.Warning, "is refused: it shows no certificate; certificate: none"), "the silo says why");
        Assert.Equal(Payload, await client.EchoAsync(Payload));
    }

    [Fact]
    public async Task ASiloThatIsNotOne_IsRefusedByTheClient_WhichLearnsWhy()
    {
        await using var silo = await GridNode.StartSiloAsync(Tls("silo.grid"));

        var error = await Assert.ThrowsAnyAsync<Exception>(() => GridNode.StartClientAsync(Tls("edge.grid", allowedNames: "gold.grid"), silo.GatewayPort));

        Assert.Contains("has none of Grid:Transport:AllowedNames = gold.grid, but silo.grid, node", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutTls_NobodyGetsIntoASiloWithIt_NorWithItIntoOneWithout()
    {
        await using var guarded = await GridNode.StartSiloAsync(Tls("silo.grid"));
        await Assert.ThrowsAnyAsync<Exception>(() => GridNode.StartClientAsync(new TransportSettings(), guarded.GatewayPort));
        await Within.Becomes(() => guarded.Log.Has(LogLevel.Warning, "is refused: no TLS"), "the silo says why");

        await using var plain = await GridNode.StartSiloAsync(new TransportSettings());
        await Assert.ThrowsAnyAsync<Exception>(() => GridNode.StartClientAsync(Tls("edge.grid"), plain.GatewayPort));
    }

    [Fact]
    public async Task SomebodyWhoSaysNothing_IsRefusedAfterHandshakeTime()
    {
        var settings = Tls("silo.grid");
        settings.HandshakeTime = TimeSpan.FromSeconds(1);
        await using var silo = await GridNode.StartSiloAsync(settings);
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, silo.SiloPort);

        Assert.Equal(0, await Within.PatienceOf(socket.GetStream().ReadAsync(new byte[1]).AsTask(), "the silo closes"));
        Assert.True(silo.Log.Has(LogLevel.Warning, "is refused: no TLS within Grid:Transport:HandshakeTime = 1 s"));
    }

    [Fact]
    public async Task TwoSilos_TalkTlsToEachOther()
    {
        await using var first = await GridNode.StartSiloAsync(Tls("one.grid"));
        await using var second = await GridNode.StartSiloAsync(Tls("two.grid"), primary: first);
        await using var client = await GridNode.StartClientAsync(Tls("edge.grid"), first.GatewayPort);
        await Within.Becomes(
            async () => (await client.Grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Count == 2, "both silos are active");

        // Placed at random: through one gateway, calls reach grains on both.
        var places = new HashSet<string>(StringComparer.Ordinal);
        await Within.Becomes(
            async () =>
            {
                places.Add(await client.Grains.GetGrain<IEchoGrain>(Guid.NewGuid().ToString("n")).WhereAsync());
                return places.Count == 2;
            },
            "grains of both silos have answered");

        // The port among silos is as closed as the gateway.
        await Assert.ThrowsAnyAsync<Exception>(() => GridNode.StartClientAsync(new TransportSettings(), second.SiloPort));
        await Within.Becomes(() => second.Log.Has(LogLevel.Warning, "is refused: no TLS"), "the second silo says why");
    }

    [Fact]
    public async Task Reload_MovesToAnotherAuthority_WhileConnectionsLiveOn()
    {
        var settings = Tls("silo.grid");
        var credentials = TransportCredentials.Read(settings);
        await using var silo = await GridNode.StartSiloAsync(settings, credentials);
        await using var old = await GridNode.StartClientAsync(Tls("old.grid"), silo.GatewayPort);

        var (certificate, key) = _foreigner.NodeFiles("silo.grid");
        File.Copy(certificate, settings.Certificate!, overwrite: true);
        Assert.Contains($"Grid:Transport:CertificateKey = {settings.CertificateKey}: is not the key of {settings.Certificate}", Assert.Single(credentials.Reload()), StringComparison.Ordinal);
        await using (var another = await GridNode.StartClientAsync(Tls("another.grid"), silo.GatewayPort))
        {
            Assert.Equal(Payload, await another.EchoAsync(Payload));
        }

        File.Copy(key, settings.CertificateKey!, overwrite: true);
        File.Copy(_foreigner.RootFile, settings.Authorities!, overwrite: true);
        Assert.Empty(credentials.Reload());

        await using var renewed = await GridNode.StartClientAsync(Tls("new.grid", by: _foreigner, trusting: _foreigner), silo.GatewayPort);
        Assert.Equal(Payload, await renewed.EchoAsync(Payload));
        Assert.Equal(Payload, await old.EchoAsync(Payload));
        await Assert.ThrowsAnyAsync<Exception>(() => GridNode.StartClientAsync(Tls("late.grid", trusting: _foreigner), silo.GatewayPort));
    }

    private TransportSettings Tls(
        string name, TestCertificates? by = null, TestCertificates? trusting = null, int expiredDays = 0, string? allowedNames = null, bool largeBlocks = true)
    {
        var (certificate, key) = (by ?? _authority).NodeFiles(name, expiredDays);
        return new TransportSettings
        {
            Certificate = certificate,
            CertificateKey = key,
            Authorities = _directory.File($"{Guid.NewGuid():n}.pem", File.ReadAllText((trusting ?? by ?? _authority).RootFile)),
            AllowedNames = allowedNames,
            LargeBlocks = largeBlocks,
        };
    }
}
