using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.DependencyInjection;
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

    [Fact]
    public async Task AUnixSocket_Serves_WithItsMode_AndIsGoneBehindTheStop()
    {
        var path = _directory.Sub("ecstream.sock");
        await using var silo = await TestSilo.StartAsync(_directory, $$"""ECStream_Listener { Listen "127.0.0.1:0" { } Listen "{{path}}" { File_Mode = 0600 } }""");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        using (var client = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path)))
        {
            await client.SendAsync(RawClient.Package("m"));
            Assert.StartsWith("K", await client.ReadReplyAsync());
        }

        var status = await silo.StatusAsync();
        Assert.Equal("unix", Assert.Single(status.Peers).Peer);
        Assert.Equal(path, status.Listeners[1].Bound);
        await silo.StopAsync();
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task ASocketFileThatADeadProcessLeft_IsTakenOver()
    {
        // A second name of the socket outlives its owner, as the only one does when a process is killed.
        var path = _directory.Sub("stale.sock");
        using (var owner = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            owner.Bind(new UnixDomainSocketEndPoint(_directory.Sub("first.sock")));
            using var link = Process.Start("ln", [_directory.Sub("first.sock"), path]);
            await Within.PatienceOf(link.WaitForExitAsync(), "the link is made");
        }

        Assert.True(File.Exists(path));
        await using var silo = await TestSilo.StartAsync(_directory, $$"""ECStream_Listener { Listen "127.0.0.1:0" { } Listen "{{path}}" { } }""");
        using var client = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await client.SendAsync(RawClient.Package("m"));
        Assert.StartsWith("K", await client.ReadReplyAsync());
    }

    [Fact]
    public async Task WhatIsNoDeadSocket_IsLeftAlone()
    {
        var data = _directory.File("file", "precious");
        var empty = _directory.File("empty", "");
        var living = _directory.Sub("living.sock");
        using var owner = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        owner.Bind(new UnixDomainSocketEndPoint(living));
        owner.Listen();

        await using var silo = await TestSilo.StartAsync(
            _directory,
            $$"""ECStream_Listener { Listen "127.0.0.1:0" { } Listen "{{data}}" { } Listen "{{empty}}" { } Listen "{{living}}" { } }""");

        Assert.All((await silo.StatusAsync()).Listeners.Skip(1), l => Assert.Contains("AddressAlreadyInUse", l.Error));
        Assert.Equal("precious", await File.ReadAllTextAsync(data));
        Assert.True(File.Exists(empty));
        Assert.True(owner.Poll(TimeSpan.FromSeconds(60), SelectMode.SelectRead));
    }

    [SsFact]
    public async Task SocketOptions_ReachTheSockets()
    {
        await using var silo = await TestSilo.StartAsync(
            _directory,
            """
            ECStream_Listener {
              TCP_Recv_Buffer_Size = 65536
              Listen "127.0.0.1:0" { Listen_Backlog = 7 Disable_Nagle_Algorithm = false TCP_Send_Buffer_Size = 32768 }
              Listen "127.0.0.2:1" { Enable = no }
            }
            """);
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync(RawClient.Package("m"));
        Assert.StartsWith("K", await client.ReadReplyAsync());

        // The kernel says how long the queue of a listening socket may be.
        using var ss = Process.Start(new ProcessStartInfo("ss", ["-Hltn", "sport", "=", $":{silo.EndPoint.Port}"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var columns = (await ss.StandardOutput.ReadToEndAsync()).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(("LISTEN", "7"), (columns[0], columns[2]));
        var status = await silo.StatusAsync();
        Assert.Equal("not enabled (Enable = false)", status.Listeners[1].Error);
        Assert.Null(status.Listeners[1].Bound);
        var socket = silo.Services.GetRequiredService<EdgeListeners>().All[0].Socket;
        Assert.Equal(new ListenSocketOptions(Enable: true, Backlog: 7, FileMode: 0x1b0, NoDelay: false, ReceiveBufferBytes: 65_536, SendBufferBytes: 32_768), socket);
    }
}
