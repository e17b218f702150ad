using System.Net;
using System.Net.Sockets;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Edge;

/// <summary>Listens come, go and change while the edge serves.</summary>
public sealed class DynamicListenTests : IDisposable
{
    private const string Anchor = "127.0.0.1:0";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task AListen_IsAdded_Disabled_EnabledAndRemoved_AndTheOthersLiveOn()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        var anchor = silo.EndPoint;
        using var client = await RawClient.ConnectAsync(anchor);
        await IsServedAsync(client);
        var port = FreePort.Next();
        var there = new IPEndPoint(IPAddress.Loopback, port);

        Assert.Equal([(ListenChangeKind.Opened, $"127.0.0.1:{port}")], await ApplyAsync(silo, Anchor, $"127.0.0.1:{port}"));
        await IsServedAsync(there);
        Assert.Empty(await ApplyAsync(silo, Anchor, $"127.0.0.1:{port}"));
        Assert.Equal([(ListenChangeKind.Closed, $"127.0.0.1:{port}")], await ApplyAsync(silo, Anchor, $"127.0.0.1:{port} Enable = false"));
        await IsRefusedAsync(there);
        Assert.Equal("not enabled (Enable = false)", (await silo.StatusAsync()).Listeners[1].Error);
        Assert.Equal([(ListenChangeKind.Opened, $"127.0.0.1:{port}")], await ApplyAsync(silo, Anchor, $"127.0.0.1:{port}"));
        await IsServedAsync(there);
        Assert.Equal([(ListenChangeKind.Closed, $"127.0.0.1:{port}")], await ApplyAsync(silo, Anchor));
        await IsRefusedAsync(there);

        Assert.Equal(anchor, silo.EndPoint);
        await IsServedAsync(client);
        await IsServedAsync(anchor);
    }

    [Fact]
    public async Task AnAddress_BecomesAWildcard_AndOneAgain_InOneCallEach()
    {
        var port = FreePort.Next();
        await using var silo = await TestSilo.StartAsync(_directory, $$"""ECStream_Listener { Listen "127.0.0.1:{{port}}" { } }""");
        using var open = await RawClient.ConnectAsync(silo.EndPoint);
        await IsServedAsync(open);
        var otherAddress = new IPEndPoint(IPAddress.Parse("127.0.0.2"), port);
        await IsRefusedAsync(otherAddress);

        Assert.Equal([(ListenChangeKind.Closed, $"127.0.0.1:{port}"), (ListenChangeKind.Opened, $":{port}")], await ApplyAsync(silo, $":{port}"));
        await IsServedAsync(otherAddress);
        Assert.Empty(await open.ReadToEndAsync());
        Assert.Equal([(ListenChangeKind.Closed, $":{port}"), (ListenChangeKind.Opened, $"127.0.0.1:{port}")], await ApplyAsync(silo, $"127.0.0.1:{port}"));

        await IsRefusedAsync(otherAddress);
        await IsServedAsync(new IPEndPoint(IPAddress.Loopback, port));
    }

    [Fact]
    public async Task TheSameSocketInAnotherSpelling_StaysBound()
    {
        var port = FreePort.Next();
        await using var silo = await TestSilo.StartAsync(_directory, $$"""ECStream_Listener { Listen ":{{port}}" { } }""");
        using var client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        await IsServedAsync(client);

        Assert.Equal([(ListenChangeKind.Changed, $"*:{port}")], await ApplyAsync(silo, $"*:{port}"));

        await IsServedAsync(client);
    }

    [Fact]
    public async Task ARemovedListen_AnswersWhatItHasRead_ThenCloses()
    {
        var spool = new HeldSpool();
        await using var silo = await TestSilo.StartAsync(
            _directory, """ECStream_Listener { Listen "127.0.0.1:0" { } Listen "127.0.0.2:0" { } }""", services: s => s.AddSingleton<IBatchSpool>(spool));
        var leaving = (IPEndPoint)Listeners(silo).All[1].EndPoint!;
        using var owed = await RawClient.ConnectAsync(leaving);
        using var idle = await RawClient.ConnectAsync(leaving);
        await owed.SendAsync([.. RawClient.Package("m"), .. "50:part"u8]);
        await spool.Appended;

        Assert.Equal([(ListenChangeKind.Closed, "127.0.0.2:0")], await ApplyAsync(silo, Anchor));

        // The one is gone while the other is still owed its reply.
        Assert.Empty(await idle.ReadToEndAsync());
        spool.Release();
        Assert.Equal("K2.0.0 ok test-1-0", Assert.Single(await owed.ReadToEndAsync()));
        await Within.Becomes(() => silo.Log.All.Count(l => l.Text.Contains("ended: Drained", StringComparison.Ordinal)) == 2, "both sessions are drained");
        await IsServedAsync(silo.EndPoint);
    }

    [Fact]
    public async Task WhatDoesNotEndInTime_IsCutOff()
    {
        var spool = new HeldSpool();
        await using var silo = await TestSilo.StartAsync(
            _directory,
            """ECStream_Listener { Listen "127.0.0.1:0" { } Listen "127.0.0.2:0" { } }""",
            settings: s => s.Limits.DrainTime = TimeSpan.FromSeconds(1),
            services: s => s.AddSingleton<IBatchSpool>(spool));
        using var owed = await RawClient.ConnectAsync(Listeners(silo).All[1].EndPoint!);
        await owed.SendAsync(RawClient.Package("m"));
        await spool.Appended;

        await ApplyAsync(silo, Anchor);

        await Within.Becomes(() => silo.Log.Has(LogLevel.Warning, "Listen 127.0.0.2:0: 1 connections had not ended within Grid:Limits:DrainTime and were cut off"), "it is cut off");
        Assert.Empty(await owed.ReadToEndAsync());
        spool.Release();
        await Within.Becomes(async () => (await silo.StatusAsync()).Sessions.Active == 0, "the session ends");
    }

    [Fact]
    public async Task AUnixSocket_ComesAndGoes_WithItsFile_AndChangesItsMode()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        var path = _directory.Sub("ecstream.sock");

        Assert.Equal([(ListenChangeKind.Opened, path)], await ApplyAsync(silo, Anchor, path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, File.GetUnixFileMode(path));
        using var client = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await IsServedAsync(client);
        Assert.Equal([(ListenChangeKind.Changed, path)], await ApplyAsync(silo, Anchor, $"{path} File_Mode = 0600"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        await IsServedAsync(client);
        Assert.Equal([(ListenChangeKind.Closed, path)], await ApplyAsync(silo, Anchor));

        Assert.False(File.Exists(path));
        Assert.Empty(await client.ReadToEndAsync());
    }

    [Fact]
    public async Task AListenThatCannotBeBound_StaysFailed_UntilItCan()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var taken = $"127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}";

        Assert.Equal([(ListenChangeKind.Failed, taken)], await ApplyAsync(silo, Anchor, taken));
        Assert.Contains("AddressAlreadyInUse, errno 98", (await silo.StatusAsync()).Listeners[1].Error);
        Assert.True(silo.Log.Has(LogLevel.Error, $"Listen {taken} could not be bound"));
        Assert.Equal([(ListenChangeKind.Failed, taken)], await ApplyAsync(silo, Anchor, taken));
        other.Stop();
        Assert.Equal([(ListenChangeKind.Opened, taken)], await ApplyAsync(silo, Anchor, taken));

        Assert.Null((await silo.StatusAsync()).Listeners[1].Error);
        await IsServedAsync(IPEndPoint.Parse(taken));
    }

    [Fact]
    public async Task WithoutAnyListenBound_TheNodeIsNotReady()
    {
        await using var silo = await TestSilo.StartAsync(_directory);

        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await ApplyAsync(silo, $"127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}");

        Assert.Equal(["listener: no Listen is bound"], (await silo.StatusAsync()).NotReady);
        await ApplyAsync(silo, Anchor);
        Assert.True((await silo.StatusAsync()).Ready);
    }

    [SsFact]
    public async Task Backlog_Buffers_AndConcurrency_ChangeWithoutANewSocket()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await IsServedAsync(client);

        await ApplyAsync(silo, l => l with { Accept = new ListenAcceptOptions(8, new EventLoopOptions("own", 1)) }, $"{Anchor} Listen_Backlog = 7 TCP_Recv_Buffer_Size = 65536");

        Assert.Equal("7", await SsAsync("-Hltn", silo.EndPoint.Port, column: 2));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => IsServedAsync(silo.EndPoint)));
        await ApplyAsync(silo, l => l with { Accept = ListenAcceptOptions.Default }, $"{Anchor} Listen_Backlog = 9");
        Assert.Equal("9", await SsAsync("-Hltn", silo.EndPoint.Port, column: 2));

        // Loops that are not wanted any more end with the connection that they accept.
        for (var i = 0; i < 10; i++)
        {
            await IsServedAsync(silo.EndPoint);
        }

        await IsServedAsync(client);
    }

    [Fact]
    public async Task WithoutDescriptors_AcceptingPauses_SaysSo_AndGoesOn()
    {
        // Without a gateway, and used before: the runtime itself ends where it must load one more assembly and has no descriptor for its file.
        var place = new SiloPlace(_directory);
        using var silo = await SiloProcess.StartAsync(place);
        var first = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => RawClient.ConnectAsync(place.EndPoint)));
        foreach (var client in first)
        {
            await IsServedAsync(client);
            client.Dispose();
        }

        await Within.Becomes(async () => (await silo.StatusAsync()).Sessions.Active == 0, "the first clients are gone");
        await LimitDescriptorsAsync(silo, $"{Directory.GetFiles($"/proc/{silo.Process.Id}/fd").Length + 8}");
        var clients = new List<RawClient>();
        for (var i = 0; i < 40; i++)
        {
            clients.Add(await RawClient.ConnectAsync(place.EndPoint));
        }

        await Within.Becomes(() => silo.Process.Output.Contains("accepting fails, connections wait: Too many open files", StringComparison.Ordinal), "the log says that accepting fails");
        await LimitDescriptorsAsync(silo, "1024");

        foreach (var client in clients)
        {
            await IsServedAsync(client);
            client.Dispose();
        }
    }

    private static async Task LimitDescriptorsAsync(SiloProcess silo, string limit) =>
        Assert.Equal(0, (await ToolProcess.RunAsync("prlimit", ["--pid", $"{silo.Process.Id}", $"--nofile={limit}:"])).ExitCode);

    private static EdgeListeners Listeners(TestSilo silo) => silo.Services.GetRequiredService<EdgeListeners>();

    private static Task<IEnumerable<(ListenChangeKind, string)>> ApplyAsync(TestSilo silo, params string[] listens) => ApplyAsync(silo, l => l, listens);

    private static async Task<IEnumerable<(ListenChangeKind, string)>> ApplyAsync(TestSilo silo, Func<ListenEndpointOptions, ListenEndpointOptions> change, params string[] listens)
    {
        var scopes = listens.Select(l => l.Split(' ', 2)).Select(l => $"Listen \"{l[0]}\" {{ {l.ElementAtOrDefault(1)} }}");
        var result = ConfigurationLoader.Parse($"ECStream_Listener {{ {string.Join('\n', scopes)} }}", "next.conf");
        Assert.True(result.Configuration is not null, string.Join('\n', result.Diagnostics));
        return (await Listeners(silo).ApplyAsync(result.Configuration.Listens.Select(change), default)).Select(c => (c.Kind, c.Address));
    }

    private static async Task IsServedAsync(RawClient client)
    {
        await client.SendAsync(RawClient.Package("m"));
        Assert.StartsWith("K", await client.ReadReplyAsync());
    }

    private static async Task IsServedAsync(IPEndPoint endPoint)
    {
        using var client = await RawClient.ConnectAsync(endPoint);
        await IsServedAsync(client);
    }

    private static async Task IsRefusedAsync(IPEndPoint endPoint) =>
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(() => RawClient.ConnectAsync(endPoint))).SocketErrorCode);

    private static async Task<string> SsAsync(string options, int port, int column)
    {
        var result = await ToolProcess.RunAsync(InteropTools.Ss!, [options, "sport", "=", $":{port}"]);
        return result.Output.Split(' ', StringSplitOptions.RemoveEmptyEntries)[column];
    }
}
