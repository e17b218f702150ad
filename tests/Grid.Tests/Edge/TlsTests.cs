using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Edge;

/// <summary>TLS from the first octet, with a client that is not ours.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TestCertificates _certificates;

    public TlsTests() => _certificates = new TestCertificates(_directory);

    public void Dispose() => _directory.Dispose();

    [OpenSslFact]
    public async Task Mail_IsTaken_AndTheChainIsSent()
    {
        await using var silo = await StartAsync(_certificates.Options());
        using var client = OpenSslClient.Connect(silo.EndPoint, "-CAfile", _certificates.RootFile, "-verify_return_error", "-showcerts");
        await client.SaysAsync("Verify return code: 0 (ok)");
        Assert.Contains("subject=CN = server", client.Output);
        Assert.Contains("s:CN = Intermediate of server", client.Output);

        await client.SendAsync([.. RawClient.Package("one"), .. RawClient.Package("two")]);
        await client.SaysAsync(":K2.0.0 ok ");
        await client.EndAsync();

        await Within.Becomes(() => silo.Log.Has(LogLevel.Information, " over Tls13 TLS_AES_256_GCM_SHA384 ended: Closed while waiting for a package; 2 messages"), "the end is logged with TLS");
    }

    [OpenSslTheory]
    [InlineData(SslProtocols.Tls13, "-tls1_2", "-tls1_3")]
    [InlineData(SslProtocols.Tls12, "-tls1_3", "-tls1_2")]
    public async Task AProtocolThatIsNotAllowed_IsRefused_AndSaidSo(SslProtocols allowed, string refused, string taken)
    {
        await using var silo = await StartAsync(_certificates.Options(protocols: allowed));

        Assert.NotEqual(0, (await HandshakeAsync(silo, refused)).ExitCode);
        Assert.Equal(0, (await HandshakeAsync(silo, taken)).ExitCode);

        await Within.Becomes(() => silo.Log.Has(LogLevel.Information, "Connection of 127.0.0.1 on 127.0.0.1:0 ended before its session: no TLS handshake: "), "the failure is logged");
        await silo.HasMetricAsync("ecstream_edge_connections_failed_total", "Tls", 1);
        await Within.Becomes(async () => (await silo.StatusAsync()).Sessions.Total == 1, "the other one was a session");
    }

    [OpenSslFact]
    public async Task ACipherThatIsNotInTheList_IsRefused()
    {
        await using var silo = await StartAsync(_certificates.Options(ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256", protocols: SslProtocols.Tls12));

        Assert.NotEqual(0, (await HandshakeAsync(silo, "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384")).ExitCode);
        var (code, output) = await HandshakeAsync(silo, "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256");
        Assert.Equal(0, code);
        Assert.Contains("Cipher is ECDHE-ECDSA-AES128-GCM-SHA256", output);
    }

    [OpenSslTheory]
    [InlineData(TlsVerifyMode.Require, "good", "K2.0.0")]
    [InlineData(TlsVerifyMode.Require, "intermediate", "K2.0.0")]
    [InlineData(TlsVerifyMode.Require, "absent", "Z4.7.1 client certificate required by TLS_Verify_Mode of Listen 127.0.0.1:0: none was presented")]
    [InlineData(TlsVerifyMode.Require, "stranger", "Z4.7.1 client certificate required by TLS_Verify_Mode of Listen 127.0.0.1:0: that of CN=client does not verify: ")]
    [InlineData(TlsVerifyMode.Require, "expired", "does not verify: NotTimeValid")]
    [InlineData(TlsVerifyMode.Optional, "good", "K2.0.0")]
    [InlineData(TlsVerifyMode.Optional, "absent", "K2.0.0")]
    [InlineData(TlsVerifyMode.Optional, "stranger", "K2.0.0")]
    [InlineData(TlsVerifyMode.None, "stranger", "K2.0.0")]
    public async Task AClientsCertificate_CountsAsItsListenSays(TlsVerifyMode mode, string certificate, string reply)
    {
        await using var silo = await StartAsync(_certificates.Options(mode: mode));
        foreach (var protocol in new[] { "-tls1_2", "-tls1_3" })
        {
            using var client = OpenSslClient.Connect(silo.EndPoint, [protocol, .. Client(certificate)]);
            await client.SaysAsync("Verify return code");
            Assert.Equal(mode != TlsVerifyMode.None, client.Output.Contains("Acceptable client certificate CA names\nCN = Test Root", StringComparison.Ordinal));

            await client.SendAsync(RawClient.Package("m"));
            await client.SaysAsync(reply);
            await client.EndAsync();
        }

        var verified = certificate is "good" or "intermediate" && mode != TlsVerifyMode.None;
        await Within.Becomes(() => silo.Log.All.Count(l => l.Level == LogLevel.Information && l.Text.Contains(" over Tls1", StringComparison.Ordinal) && l.Text.Contains(", certificate of CN=client by ", StringComparison.Ordinal) == verified) == 2, "the ends are logged with the certificate");
        if (reply[0] != 'K')
        {
            await silo.HasMetricAsync("ecstream_edge_sessions_refused_total", "TLS_Verify_Mode", 2);
            Assert.Equal((0L, 2L), ((await silo.StatusAsync()).Sessions.MessagesAccepted, (await silo.StatusAsync()).Sessions.MessagesDeferred));
        }
    }

    [OpenSslFact]
    public async Task AVerifiedSubject_IsInTheReceptionLog_OthersAreNot()
    {
        await using var silo = await StartAsync(_certificates.Options(mode: TlsVerifyMode.Optional), s => s.ReceptionLog.Path = _directory.Sub("mainlog.ec"));
        foreach (var options in new[] { Client("mail"), Client("stranger") })
        {
            using var client = OpenSslClient.Connect(silo.EndPoint, options);
            await client.SendAsync(RawClient.Package("m"));
            await client.SaysAsync("K2.0.0");
        }

        await Within.Becomes(() => File.Exists(_directory.Sub("mainlog.ec")) && File.ReadAllLines(_directory.Sub("mainlog.ec")).Length == 2, "both messages are logged");
        var lines = File.ReadAllLines(_directory.Sub("mainlog.ec"));
        Assert.EndsWith(@"@ecstream@default@default@CN=a\\b\@c.test", lines[0]);
        Assert.EndsWith("@ecstream@default@default", lines[1]);
    }

    [OpenSslTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Renegotiation_IsAsTheListenSays(bool isAllowed)
    {
        await using var silo = await StartAsync(_certificates.Options(allowRenegotiation: isAllowed, protocols: SslProtocols.Tls12));
        using var client = OpenSslClient.Connect(silo.EndPoint, "-CAfile", _certificates.RootFile);
        await client.SaysAsync("Verify return code: 0 (ok)");
        await client.SendAsync("R\n"u8.ToArray());
        await client.SaysAsync("RENEGOTIATING");

        if (isAllowed)
        {
            await client.SendAsync(RawClient.Package("m"));
            await client.SaysAsync("K2.0.0");
        }
        else
        {
            Assert.NotEqual(0, (await client.EndAsync()).ExitCode);
        }
    }

    [Fact]
    public async Task ASilentClient_IsCutOffInTime()
    {
        await using var silo = await StartAsync(_certificates.Options(), s => s.Limits.HandshakeTime = TimeSpan.FromSeconds(1));
        using var silent = await RawClient.ConnectAsync(silo.EndPoint);
        using var half = await RawClient.ConnectAsync(silo.EndPoint);
        await half.SendAsync([22, 3, 1, 2]);

        Assert.Empty(await silent.ReadToEndAsync());
        Assert.Empty(await half.ReadToEndAsync());

        await Within.Becomes(() => silo.Log.All.Count(l => l.Text.EndsWith("not ready for a session within 1 s (Grid:Limits:HandshakeTime)", StringComparison.Ordinal)) == 2, "both are logged");
        await silo.HasMetricAsync("ecstream_edge_connections_failed_total", "HandshakeTime", 2);
        Assert.Equal(0, (await silo.StatusAsync()).Sessions.Total);
    }

    [Fact]
    public async Task ARenewedCertificate_IsShownToLaterClients_AndOpenSessionsGoOn()
    {
        var first = _certificates.Options(_certificates.ServerFile("first"));
        await using var silo = await StartAsync(first);
        await using var before = await ConnectAsync(silo);
        Assert.Equal("CN=first", before.RemoteCertificate!.Subject);

        // The same path, with another content.
        File.Copy(_certificates.ServerFile("second"), first.Certificate.Path, overwrite: true);
        var second = _certificates.Options(first.Certificate.Path);
        Assert.NotEqual(first, second);
        Assert.Equal(first, first with { CiphersLocation = new SourceLocation("elsewhere", 1, 1) });
        var listens = silo.Services.GetRequiredService<LiveConfiguration>().Grid.Listens;
        var changes = await silo.Services.GetRequiredService<EdgeListeners>().ApplyAsync(listens.Select(l => l with { Tls = second }), default);
        Assert.Equal(ListenChangeKind.Changed, Assert.Single(changes).Kind);

        await using var after = await ConnectAsync(silo);
        Assert.Equal("CN=second", after.RemoteCertificate!.Subject);
        await IsServedAsync(before);
        await IsServedAsync(after);
    }

    [Fact]
    public async Task ALongPipeline_ArrivesWhole_AndADrainedSessionGetsItsReplies()
    {
        await using var silo = await StartAsync(_certificates.Options());
        await using var client = await ConnectAsync(silo);
        var packages = Enumerable.Range(0, 500).SelectMany(i => RawClient.Package(new string('x', i * 37))).ToArray();
        var sending = client.WriteAsync(packages).AsTask();
        var text = new StringBuilder();
        var buffer = new byte[65_536];
        while (text.ToString().Count(c => c == 'K') < 500)
        {
            var read = await Within.PatienceOf(client.ReadAsync(buffer).AsTask(), "replies come");
            Assert.NotEqual(0, read);
            text.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        await sending;
        var stopping = silo.StopAsync();
        Assert.Equal(0, await Within.PatienceOf(client.ReadAsync(buffer).AsTask(), "the server closes"));
        await Within.PatienceOf(stopping, "the silo stops");
        Assert.True(silo.Log.Has(LogLevel.Information, "ended: Drained while waiting for a package; 500 messages"));
    }

    [Fact]
    public async Task AnIdleSession_IsClosed_WithTheEndOfTls()
    {
        await using var silo = await StartAsync(_certificates.Options(), conf: """ECStream_Listener { ECStream_Idle_Time = 1 Listen "127.0.0.1:0" { } }""");
        await using var client = await ConnectAsync(silo);
        await IsServedAsync(client);

        Assert.Equal(0, await Within.PatienceOf(client.ReadAsync(new byte[10]).AsTask(), "the server closes"));
        await Within.Becomes(() => silo.Log.Has(LogLevel.Information, "ended: Idle"), "the end is logged");
    }

    [Fact]
    public async Task WithoutItsCredentials_AListenIsNotBound()
    {
        var tls = _certificates.Options() with { Credentials = null };
        await using var silo = await TestSilo.StartAsync(
            _directory,
            """ECStream_Listener { Listen "127.0.0.1:0" { } Listen "127.0.0.2:0" { } }""",
            change: g => g with { Listens = [g.Listens[0], g.Listens[1] with { Tls = tls }] });

        Assert.Equal("Use_SSL is set, and no certificate was loaded", (await silo.StatusAsync()).Listeners[1].Error);
    }

    [Fact]
    public async Task AProbe_LeavesNoTrace()
    {
        await using var silo = await TestSilo.StartAsync(
            _directory,
            """ECStream_Listener { Listen "127.0.0.1:0" { } Listen "127.0.0.2:0" { } }""",
            settings: s => s.Limits.MaxSessionsPerPeer = 1,
            change: g => g with { Listens = [g.Listens[0], g.Listens[1] with { Tls = _certificates.Options() }] });
        using var holder = await RawClient.ConnectAsync(silo.EndPoint);
        await holder.SendAsync(RawClient.Package("takes the only place"));
        Assert.StartsWith("K", await holder.ReadReplyAsync());
        foreach (var listen in silo.Services.GetRequiredService<EdgeListeners>().All)
        {
            (await RawClient.ConnectAsync(listen.EndPoint!)).Dispose();
            (await RawClient.ConnectAsync(listen.EndPoint!)).Reset();
        }

        await Within.Becomes(() => silo.Log.All.Count(l => l.Text.EndsWith("closed without an octet", StringComparison.Ordinal)) == 4, "all four are noticed");
        Assert.DoesNotContain(silo.Log.All, l => l.Level > LogLevel.Debug && (l.Text.StartsWith("Session ", StringComparison.Ordinal) || l.Text.StartsWith("Connection ", StringComparison.Ordinal)));
        var metrics = await silo.Admin.GetStringAsync("/metrics");
        Assert.DoesNotContain("ecstream_edge_sessions_refused", metrics);
        Assert.DoesNotContain("ecstream_edge_connections_failed", metrics);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ACertificate_AdmitsAPeerThatNoScopeLists_AlsoWhenItsGrainHasForgotten(bool isGrainElsewhere)
    {
        await using var silo = await StartAsync(_certificates.Options(mode: TlsVerifyMode.Require));
        var grain = silo.Grains.GetGrain<IPeerGrain>("192.0.2.7");
        var edge = new Deaf();
        var observer = silo.Grains.CreateObjectReference<IEdgeObserver>(edge);
        var request = new SessionRequest(Guid.NewGuid(), "127.0.0.1:0", "test", VerifiedSubject: "CN=client", IsAdmittedByTls: true);

        var refused = Assert.IsType<SessionRefused>(await grain.OpenSessionAsync(request with { VerifiedSubject = null, IsAdmittedByTls = false }, observer, default));
        Assert.Contains("a client certificate that verifies whoever presents it", refused.Text);
        Assert.IsType<SessionOpened>(await grain.OpenSessionAsync(request, observer, default));
        var batch = Grains.PeerGrainTests.Batch(new BatchId(request.Session, 1), 1);
        Assert.Equal(BatchStatus.Accepted, (await grain.AcceptAsync(batch, default)).Status);

        // The grain's book is lost: the batch alone does not say so much, and the edge tells the grain again.
        await grain.CloseSessionAsync(request.Session, default);
        var forwarder = silo.Services.GetRequiredService<BatchForwarder>();
        batch = Grains.PeerGrainTests.Batch(new BatchId(request.Session, 2), 1);
        Assert.Equal((BatchStatus.Deferred, false), await ForwardAsync(reopen: null));
        Assert.Equal((BatchStatus.Accepted, true), await ForwardAsync(async () => await grain.OpenSessionAsync(request with { WasOpened = true }, observer, default)));
        GC.KeepAlive(edge);

        async Task<(BatchStatus, bool)> ForwardAsync(Func<Task>? reopen)
        {
            var traffic = new PeerTraffic(PeerId.From(IPAddress.Parse("192.0.2.7")), TimeProvider.System) { IsGrainElsewhere = isGrainElsewhere };
            var (verdict, _) = await forwarder.ForwardAsync(grain, traffic, batch, reopen);
            return (verdict.Status, verdict.IsSessionKnown);
        }
    }

    private static async Task<(int ExitCode, string Output)> HandshakeAsync(TestSilo silo, params string[] options)
    {
        using var client = OpenSslClient.Connect(silo.EndPoint, options);
        return await client.EndAsync();
    }

    private static async Task<SslStream> ConnectAsync(TestSilo silo)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(silo.EndPoint);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
        await Within.PatienceOf(stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "127.0.0.1", CertificateRevocationCheckMode = X509RevocationMode.NoCheck }), "the handshake");
        return stream;
    }

    private static async Task IsServedAsync(SslStream stream)
    {
        await stream.WriteAsync(RawClient.Package("m"));
        var buffer = new byte[1_000];
        Assert.Contains(":K2.0.0 ok ", Encoding.ASCII.GetString(buffer, 0, await Within.PatienceOf(stream.ReadAsync(buffer).AsTask(), "a reply")));
    }

    private Task<TestSilo> StartAsync(ListenTlsOptions tls, Action<EcStreamOrleans.Silo.Configuration.GridSettings>? settings = null, string conf = """ECStream_Listener { Listen "127.0.0.1:0" { } }""") =>
        TestSilo.StartAsync(_directory, conf, settings, change: g => g with { Listens = [.. g.Listens.Select(l => l with { Tls = tls })] });

    private string[] Client(string certificate) => certificate switch
    {
        "good" => ["-cert", _certificates.ClientFile()],
        "intermediate" => WithChain(_certificates.ClientFile(hasIntermediate: true)),
        "stranger" => ["-cert", _certificates.ClientFile(isOurs: false)],
        "expired" => ["-cert", _certificates.ClientFile(expiredDays: 1)],
        "mail" => ["-cert", _certificates.ClientFile("CN=a\\b@c.test")],
        _ => [],
    };

    private static string[] WithChain(string file) => ["-cert", file, "-key", file, "-cert_chain", file];

    private sealed class Deaf : IEdgeObserver
    {
        public ValueTask CloseIdleAsync(string peer, Guid session, TimeSpan idleTime) => default;
    }
}
