using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Edge.Fallback;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Edge;

/// <summary>
/// Two silos that know nothing of each other; the way of the one's edge to its grains is cut, and it passes sessions on to the other's listener.
/// </summary>
public sealed class FallbackTests : IAsyncLifetime
{
    private const string Unreachable = "Z4.3.2 no silo of the grid can be reached";

    private readonly TempDirectory _directory = new();
    private readonly TempDirectory _otherDirectory = new();
    private readonly CutGrid _grid = new();
    private readonly CutGrid _otherGrid = new();
    private readonly TestCertificates _certificates;
    private TestSilo? _there;
    private TestSilo? _here;

    public FallbackTests() => _certificates = new TestCertificates(_directory);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await (_here?.DisposeAsync() ?? default);
        await (_there?.DisposeAsync() ?? default);
        _directory.Dispose();
        _otherDirectory.Dispose();
    }

    [Fact]
    public async Task WithoutTheCluster_SessionsArePassedOn_AndThePeerThereIsTheTrueOne()
    {
        await StartBothAsync();
        await CutAsync();
        using var client = await RawClient.ConnectAsync(_here!.EndPoint, IPAddress.Parse("127.0.0.9"));
        await client.SendAsync([.. RawClient.Package("one"), .. RawClient.Package("two")]);
        Assert.All(await client.ReadRepliesAsync(2), reply => Assert.StartsWith("K2.0.0 ok", reply));

        var peer = Assert.Single((await _there!.StatusAsync()).Peers, p => p.Sessions == 1);
        Assert.Equal(("127.0.0.9", 2L), (peer.Peer, peer.MessagesAccepted));
        var here = await _here.StatusAsync();
        Assert.Equal((true, 0L, 0L), (here.Ready, here.Spool.MessagesWaiting, here.Sessions.Total));
        Assert.Equal([$"cluster: cut; sessions are passed on to {There}"], here.Warnings);
        Assert.Equal($"ready\nwarning: cluster: cut; sessions are passed on to {There}\n", await _here.Admin.GetStringAsync("/healthz/ready"));

        client.HalfClose();
        Assert.Empty(await client.ReadToEndAsync());
        var sent = RawClient.Package("one").Length + RawClient.Package("two").Length;
        await Within.Becomes(() => _here.Log.Has(LogLevel.Information, $"Session of peer 127.0.0.9 on 127.0.0.1:0 was passed on to {There} and ended: Closed; {sent} bytes there, "), "the end is logged here");
        await Within.Becomes(() => _there.Log.Has(LogLevel.Information, "of peer 127.0.0.9 on 127.0.0.1:0 through 127.0.0.1 over Tls13"), "and there");
        Assert.Contains(_there.Log.All, l => l.Text.Contains(", passed on ended: Closed", StringComparison.Ordinal));
        await _here.HasMetricAsync("ecstream_edge_fallback_sessions_total", "Closed", 1);
        Assert.Contains("ecstream_edge_fallback_active{otel_scope_name=\"EcStreamOrleans.Edge\"} 1", await _here.Admin.GetStringAsync("/metrics"));
        Assert.Single(_here.Log.All, l => l.Text.StartsWith("Fallback begins: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhenTheClusterIsBack_NewSessionsAreOfHere_AndThosePassedOnGoOn()
    {
        await StartBothAsync();
        await CutAsync();
        using var passed = await RawClient.ConnectAsync(_here!.EndPoint);
        await TakesAsync(passed);
        _grid.Obstacle = null;
        await Within.Becomes(() => _here.Log.Has(LogLevel.Information, "Fallback ends: the cluster is in reach again; 1 sessions"), "the end is logged");

        using var local = await RawClient.ConnectAsync(_here.EndPoint);
        await TakesAsync(local);
        await TakesAsync(passed);

        Assert.Equal((1L, 2L), ((await _here.StatusAsync()).Spool.MessagesWaiting, (await _there!.StatusAsync()).Spool.MessagesWaiting));
        Assert.Equal(["1 sessions that were passed on to another datacentre go on to their end"], (await _here.StatusAsync()).Warnings);
    }

    [Fact]
    public async Task SessionsThatAreOpen_ArePutOffAtFirst_AndThenEndBetweenPackages_ToComeAgain()
    {
        await StartBothAsync(after: 3);
        using var silent = await RawClient.ConnectAsync(_here!.EndPoint);
        using var inPackage = await RawClient.ConnectAsync(_here.EndPoint);
        await TakesAsync(silent);
        await TakesAsync(inPackage);
        var package = RawClient.Package("a message in two parts");
        _grid.Obstacle = "cut";
        await silent.SendAsync(RawClient.Package("m"));
        Assert.StartsWith(Unreachable, await silent.ReadReplyAsync());
        await inPackage.SendAsync(package[..10]);

        Assert.Empty(await silent.ReadToEndAsync());
        Assert.Contains(_here.Log.All, l => l.Text.StartsWith("Fallback begins: ", StringComparison.Ordinal));
        await Within.Becomes(async () => (await _here.StatusAsync()).Sessions.Active == 1, "the other session is open still");
        await inPackage.SendAsync(package[10..]);
        Assert.StartsWith(Unreachable, Assert.Single(await inPackage.ReadToEndAsync()));

        await Within.Becomes(() => _here.Log.All.Count(l => l.Text.Contains(" ended: ToFallback while", StringComparison.Ordinal)) == 2, "both ends are logged");
        using var again = await RawClient.ConnectAsync(_here.EndPoint);
        await TakesAsync(again);
    }

    [Fact]
    public async Task ABusySession_EndsBetweenPackages_Too()
    {
        await StartBothAsync();
        using var client = await RawClient.ConnectAsync(_here!.EndPoint);
        await TakesAsync(client);
        var package = RawClient.Package("m");
        byte[] many = [.. Enumerable.Repeat(package, 200).SelectMany(p => p)];
        _grid.Obstacle = "cut";
        var sending = Task.Run(async () =>
        {
            try
            {
                // Never between packages: each write ends in the midst of one.
                await client.SendAsync(package[..5]);
                while (true)
                {
                    await client.SendAsync([.. package[5..], .. many, .. package[..5]]);
                }
            }
            catch (IOException)
            {
                // The server has ended it.
            }
        });

        while (await TryReadAsync(client) is { } reply)
        {
            Assert.StartsWith(Unreachable, reply);
        }

        await Within.PatienceOf(sending, "the session ends");
        await Within.Becomes(() => _here.Log.Has(LogLevel.Information, " ended: ToFallback while"), "the end is logged");
    }

    [Fact]
    public async Task TheEdgesCertificate_AdmitsNobodyThere_ButTheOneThatAdmittedHereDoes()
    {
        await StartBothAsync(hereTls: _certificates.Options(mode: TlsVerifyMode.Optional, mayInject: true), hereProxy: true);
        await CutAsync();

        Assert.Contains(":Z4.7.1 peer 203.0.113.9 is not admitted", await ExchangeAsync(clientFile: null));
        Assert.Contains(":Z4.7.1 peer 203.0.113.9 is not admitted", await ExchangeAsync(_certificates.ClientFile(isOurs: false)));
        Assert.Contains(":K2.0.0 ok ", await ExchangeAsync(_certificates.ClientFile("CN=injector")));

        await Within.Becomes(
            () => _there!.Log.Has(LogLevel.Information, ", certificate of CN=edge by CN=Test Root, passed on with the certificate of CN=injector ended:"), "both certificates are logged");
        Assert.True((await _there!.StatusAsync()).Sessions.MessagesAccepted == 1);
    }

    [Fact]
    public async Task WhoIsRefusedHereForItsCertificate_IsNotPassedOn()
    {
        await StartBothAsync(hereTls: _certificates.Options(mode: TlsVerifyMode.Require), hereProxy: true);
        await CutAsync();

        Assert.Contains(":Z4.7.1 client certificate required by TLS_Verify_Mode", await ExchangeAsync(clientFile: null));
        Assert.Equal(0, (await _there!.StatusAsync()).Peers.Count(peer => peer.Peer == "203.0.113.9"));
    }

    [Fact]
    public async Task WhatIsSentBeforeAHalfClose_IsAnsweredWhole()
    {
        await StartBothAsync();
        await CutAsync();
        using var client = await RawClient.ConnectAsync(_here!.EndPoint);
        byte[] many = [.. Enumerable.Range(0, 2_000).SelectMany(i => RawClient.Package($"{i} {new string('x', 1_000)}"))];
        var sending = client.SendAsync(many);
        var replies = await client.ReadRepliesAsync(1_000);
        await sending;
        client.HalfClose();
        replies.AddRange(await client.ReadToEndAsync());

        Assert.Equal(2_000, replies.Count);
        Assert.All(replies, reply => Assert.StartsWith("K", reply));
        Assert.Equal(2_000, (await _there!.StatusAsync()).Spool.MessagesWaiting);
    }

    [Fact]
    public async Task AStop_AnswersWhatWasSentWhole()
    {
        await StartBothAsync();
        await CutAsync();
        using var client = await RawClient.ConnectAsync(_here!.EndPoint);
        await TakesAsync(client);
        await client.SendAsync([.. RawClient.Package("whole"), .. RawClient.Package("a part of one")[..10]]);
        Assert.StartsWith("K", await client.ReadReplyAsync());
        await client.SendAsync("");
        await Within.PatienceOf(_here.StopAsync(), "the stop");

        Assert.Empty(await client.ReadToEndAsync());
        await Within.Becomes(() => _here.Log.Has(LogLevel.Information, $"was passed on to {There} and ended: Drained"), "the end is logged here");
        await Within.Becomes(() => _there!.Log.Has(LogLevel.Information, "ended: CutInPackage while reading a package; 2 messages"), "and there");
    }

    [Fact]
    public async Task WhatTheOtherSideEnds_Ends_AndItsLastWordsArrive()
    {
        await StartBothAsync();
        await CutAsync();
        using var client = await RawClient.ConnectAsync(_here!.EndPoint);
        await client.SendAsync([.. RawClient.Package("whole"), .. "00:broken"u8]);

        var replies = await client.ReadToEndAsync();

        Assert.Equal(2, replies.Count);
        Assert.StartsWith("K", replies[0]);
        Assert.StartsWith("D5.5.2 stream broken at octet", replies[1]);
        await Within.Becomes(() => _here.Log.Has(LogLevel.Information, $"was passed on to {There} and ended: ClosedThere"), "the end is logged");
    }

    [Fact]
    public async Task AClientThatDoesNotReadItsReplies_IsCutOff()
    {
        await StartBothAsync(hereOptions: "ECStream_Idle_Time = 1");
        await CutAsync();
        using var client = await RawClient.ConnectAsync(_here!.EndPoint);
        byte[] many = [.. Enumerable.Repeat(RawClient.Package("m"), 10_000).SelectMany(p => p)];
        var sending = Task.Run(async () =>
        {
            while (true)
            {
                await client.SendAsync(many);
            }
        });

        await Assert.ThrowsAsync<IOException>(() => Within.PatienceOf(sending, "the client is cut off"));
        await Within.Becomes(() => _here.Log.Has(LogLevel.Information, $"was passed on to {There} and ended: RepliesNotRead"), "the end is logged");
    }

    [Fact]
    public async Task WithNobodyInReach_MailIsPutOff_AndWhoComesBackIsTaken()
    {
        var port = ServicePort.Next();
        await StartHereAsync($"127.0.0.1:{ServicePort.Next()},127.0.0.1:{port}");
        _grid.Obstacle = "cut";
        await Within.Becomes(async () => (await _here!.StatusAsync()).NotReady.Any(o => o.StartsWith("fallback: 127.0.0.1:", StringComparison.Ordinal)), "nobody is in reach, and that is said");
        using var client = await RawClient.ConnectAsync(_here!.EndPoint);
        await client.SendAsync(RawClient.Package("m"));
        Assert.StartsWith(Unreachable, await client.ReadReplyAsync());
        Assert.Single(_here.Log.All, l => l.Text.StartsWith("Fallback: no other datacentre can be reached", StringComparison.Ordinal));

        await StartThereAsync(port);
        Assert.Empty(await client.ReadToEndAsync());
        using var again = await RawClient.ConnectAsync(_here.EndPoint);
        await TakesAsync(again);
        Assert.True((await _here.StatusAsync()).Ready);
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("localhost", false)]
    public async Task AListenerThatIsNotWhatItSays_GetsNoMail(string host, bool isOfAStranger)
    {
        using var directory = new TempDirectory();
        await StartThereAsync(tls: (isOfAStranger ? new TestCertificates(directory) : _certificates).Options(mode: TlsVerifyMode.None));
        await StartHereAsync($"{host}:{_there!.EndPoint.Port}");
        _grid.Obstacle = "cut";
        await Within.Becomes(
            async () => (await _here!.StatusAsync()).NotReady.Any(o => o.StartsWith($"fallback: {host}:{_there.EndPoint.Port}: The remote certificate is invalid", StringComparison.Ordinal)),
            "the certificate is refused");

        using var client = await RawClient.ConnectAsync(_here!.EndPoint);
        await client.SendAsync(RawClient.Package("m"));
        Assert.StartsWith(Unreachable, await client.ReadReplyAsync());
        Assert.Equal(0, (await _there.StatusAsync()).Sessions.MessagesAccepted);
    }

    [Fact]
    public async Task WithoutBothClusters_SessionsDoNotGoInCircles()
    {
        var (here, there) = (ServicePort.Next(), ServicePort.Next());
        await StartThereAsync(there, fallback: $"127.0.0.1:{here}");
        await StartHereAsync($"127.0.0.1:{there}", port: here, proxy: true, tls: _certificates.Options(mode: TlsVerifyMode.Optional));
        _otherGrid.Obstacle = "cut as well";
        await CutAsync();
        await Within.Becomes(() => _there!.Log.Has(LogLevel.Information, $"Fallback: 127.0.0.1:{here} is reached"), "each reaches the other");

        Assert.Contains($":{Unreachable}", await ExchangeAsync(clientFile: null, "127.0.0.7"));
    }

    [Fact]
    public async Task AClientOfAUnixSocket_IsNotPassedOn_SinceItHasNoAddress()
    {
        var path = _otherDirectory.Sub("edge.sock");
        await StartThereAsync();
        _here = await TestSilo.StartAsync(
            _directory, $$"""ECStream_Listener { Listen "127.0.0.1:0" { } Listen "{{path}}" { } }""", Settings(There), s => s.AddSingleton<IGridAccess>(_grid));
        await CutAsync();
        using var client = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await client.SendAsync(RawClient.Package("m"));

        Assert.StartsWith(Unreachable, await client.ReadReplyAsync());
        Assert.Contains((await _here.StatusAsync()).Peers, peer => peer.Peer == "unix");
    }

    [Fact]
    public async Task AProbe_OpensNoSession_AndLeavesNoLine()
    {
        await StartBothAsync();
        await CutAsync();
        using (var probe = await RawClient.ConnectAsync(_here!.EndPoint))
        {
            probe.HalfClose();
            Assert.Empty(await probe.ReadToEndAsync());
        }

        await Within.Becomes(() => _here.Log.Has(LogLevel.Debug, "and ended: Closed; 0 bytes there"), "the probe is noticed");
        Assert.DoesNotContain(_here.Log.All, l => l.Level > LogLevel.Debug && l.Text.StartsWith("Session ", StringComparison.Ordinal));
        Assert.DoesNotContain(_there!.Log.All, l => l.Level > LogLevel.Debug && l.Text.StartsWith("Session ", StringComparison.Ordinal));
    }

    private string There => _there!.EndPoint.ToString();

    private static async Task TakesAsync(RawClient client)
    {
        await client.SendAsync(RawClient.Package("m"));
        Assert.StartsWith("K2.0.0 ok", await client.ReadReplyAsync());
    }

    private static async Task<string?> TryReadAsync(RawClient client)
    {
        try
        {
            return await client.ReadReplyAsync();
        }
        catch (EndOfStreamException)
        {
            return null;
        }
    }

    private static ListenProxyOptions FromLoopback()
    {
        Assert.True(CidrBlock.TryParse("127.0.0.0/8", out var loopback));
        return new ListenProxyOptions(new PrefixTree<CidrBlock>([KeyValuePair.Create(loopback, loopback)]));
    }

    private async Task StartBothAsync(double after = 1, ListenTlsOptions? hereTls = null, bool hereProxy = false, string hereOptions = "")
    {
        await StartThereAsync();
        await StartHereAsync(There, after: after, tls: hereTls, proxy: hereProxy, options: hereOptions);
    }

    private async Task StartThereAsync(int port = 0, ListenTlsOptions? tls = null, string? fallback = null)
    {
        var listenTls = tls ?? _certificates.Options(mode: TlsVerifyMode.Require);
        _there = await TestSilo.StartAsync(
            _otherDirectory,
            $$"""ECStream_Listener { Listen "127.0.0.1:{{port}}" { } }""",
            fallback is null ? null : Settings(fallback),
            s => s.AddSingleton<IGridAccess>(_otherGrid),
            g => g with { Listens = [.. g.Listens.Select(l => l with { Proxy = FromLoopback(), Tls = listenTls })] });
    }

    private async Task StartHereAsync(string listeners, int port = 0, double after = 1, ListenTlsOptions? tls = null, bool proxy = false, string options = "") =>
        _here = await TestSilo.StartAsync(
            _directory,
            $$"""ECStream_Listener { {{options}} Listen "127.0.0.1:{{port}}" { } }""",
            Settings(listeners, after),
            s => s.AddSingleton<IGridAccess>(_grid),
            g => g with { Listens = [.. g.Listens.Select(l => l with { Proxy = proxy ? FromLoopback() : null, Tls = tls })] });

    private Action<EcStreamOrleans.Silo.Configuration.GridSettings> Settings(string listeners, double after = 1) => settings =>
    {
        settings.Fallback = new FallbackOptions
        {
            Listeners = listeners,
            Certificate = _certificates.ClientFile("CN=edge"),
            Authorities = _certificates.RootFile,
            After = TimeSpan.FromSeconds(after),
        };
        Assert.Empty(settings.Fallback.FindErrors());

        // A package that the test leaves in two parts is not to be taken for a slow one.
        settings.Limits.MinPackageBytesPerSecond = 0;
    };

    private async Task CutAsync()
    {
        _grid.Obstacle = "cut";
        await Within.Becomes(() => _here!.Services.GetRequiredService<FallbackRoute>().IsOpen, "sessions are passed on");
    }

    private async Task<string> ExchangeAsync(string? clientFile, string source = "203.0.113.9")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_here!.EndPoint);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"PROXY TCP4 {source} 198.51.100.1 56324 1825\r\n"));
        await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1",
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            ClientCertificates = clientFile is null ? null : [X509Certificate2.CreateFromPemFile(clientFile)],
        };
        await Within.PatienceOf(stream.AuthenticateAsClientAsync(options), "the handshake");
        await stream.WriteAsync(RawClient.Package("m"));
        var buffer = new byte[1_000];
        return Encoding.ASCII.GetString(buffer, 0, await Within.PatienceOf(stream.ReadAsync(buffer).AsTask(), "a reply"));
    }

    /// <summary>A way to the grains that can be cut.</summary>
    private sealed class CutGrid : IGridAccess
    {
        private volatile string? _obstacle;

        public string? Obstacle
        {
            get => _obstacle;
            set => _obstacle = value;
        }
    }
}
