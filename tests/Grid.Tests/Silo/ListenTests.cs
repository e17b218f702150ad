using System.Net;
using System.Net.Sockets;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Silo;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Silo;

public sealed class ListenTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TcpListener _other = new(IPAddress.Loopback, 0);

    public ListenTests() => _other.Start();

    private int TakenPort => ((IPEndPoint)_other.LocalEndpoint).Port;

    public void Dispose()
    {
        _other.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task OneListenThatCannotBeBound_DoesNotStopTheOthers()
    {
        await using var silo = await TestSilo.StartAsync(
            _directory,
            $$"""ECStream_Listener { Listen "127.0.0.1:{{TakenPort}}" { } Listen "127.0.0.1:0" { } Listen "192.0.2.1:1825" { } }""");
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync(RawClient.Package("m"));
        Assert.StartsWith("K", await client.ReadReplyAsync());

        var status = await silo.StatusAsync();

        Assert.True(status.Ready);
        Assert.Equal([null, silo.EndPoint.ToString(), null], status.Listeners.Select(l => l.Bound));
        Assert.Equal([0, 1, 0], status.Listeners.Select(l => l.Sessions));
        Assert.Contains("AddressAlreadyInUse, errno 98", status.Listeners[0].Error);
        Assert.Contains("AddressNotAvailable, errno 99", status.Listeners[2].Error);
        await Within.Becomes(
            () => silo.Log.Has(LogLevel.Error, $"Listen 127.0.0.1:{TakenPort} could not be bound") && silo.Log.Has(LogLevel.Error, "Listen 192.0.2.1:1825 could not be bound"),
            "the log names both");
    }

    [Fact]
    public async Task WithNoListenBound_TheStartFails_AndNamesEach()
    {
        var error = await Assert.ThrowsAsync<NoListenException>(() => TestSilo.StartAsync(
            _directory,
            $$"""ECStream_Listener { Listen "127.0.0.1:{{TakenPort}}" { } Listen "192.0.2.1:1825" { } }"""));

        Assert.Contains($"127.0.0.1:{TakenPort}: ", error.Message);
        Assert.Contains("192.0.2.1:1825: ", error.Message);
    }

    [Fact]
    public async Task WildcardsOfBothFamilies_StandBesideEachOther()
    {
        var port = FreePort.Next();
        await using var silo = await TestSilo.StartAsync(_directory, $$"""ECStream_Listener { Listen ":{{port}}" { } Listen "[*]:{{port}}" { } }""");
        foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            using var client = await RawClient.ConnectAsync(new IPEndPoint(address, port));
            await client.SendAsync(RawClient.Package("m"));
            Assert.StartsWith("K", await client.ReadReplyAsync());
        }

        var peers = (await silo.StatusAsync()).Peers.Select(p => p.Peer).Order(StringComparer.Ordinal);
        Assert.Equal(["127.0.0.1", "::1"], peers);
    }
}
