using System.Net;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Silo;

public sealed class ReloadTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task OpenSessions_GoByTheNewValuesAtOnce_AndLiveOn()
    {
        await using var silo = await StartAsync("""ECStream_Listener { Listen "127.0.0.1:0" { } }""");
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync(RawClient.Package("before"));
        Assert.StartsWith("K", await client.ReadReplyAsync());

        Assert.True((await ReloadAsync(silo, """ECStream_Listener { ECStream_Max_Batch_Size = 1 Listen "127.0.0.1:0" { } }""")).Succeeded);
        await client.SendAsync([.. RawClient.Package("one"), .. RawClient.Package("two")]);
        Assert.All(await client.ReadRepliesAsync(2), r => Assert.EndsWith("-0", r));

        Assert.True((await ReloadAsync(silo, """ECStream_Listener { ECStream_Idle_Time = 1 Listen "127.0.0.1:0" { } }""")).Succeeded);
        Assert.Empty(await client.ReadToEndAsync());
        await Within.Becomes(() => silo.Log.Has(LogLevel.Information, "ended: Idle"), "the idle time of the new file ends the session");
    }

    [Fact]
    public async Task WithAnyError_NothingChanges_AndEveryErrorIsShown()
    {
        await using var silo = await StartAsync("""ECStream_Listener { Listen "127.0.0.1:0" { } }""");

        var result = await ReloadAsync(silo, "ECStream_Listener { ECStream_Idle_Time = x\n Listen \"127.0.0.1:0\" { }\n Listen \"nowhere\" { } }");

        Assert.False(result.Succeeded);
        Assert.Equal([1, 3], result.Diagnostics.Where(d => d.Severity == ConfigSeverity.Error).Select(d => d.Location.Line));
        Assert.Equal(1, silo.Services.GetRequiredService<LiveConfiguration>().Current.Generation);
        Assert.True(silo.Log.Has(LogLevel.Error, "Reconfigure failed"));
        Assert.True(silo.Log.Has(LogLevel.Error, ":3:9: error:"));
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync(RawClient.Package("m"));
        Assert.StartsWith("K", await client.ReadReplyAsync());
    }

    [Fact]
    public async Task Listens_ComeAndGo_InOneReload()
    {
        var (first, second) = (FreePort.Next(), FreePort.Next());
        await using var silo = await StartAsync($$"""ECStream_Listener { Listen "127.0.0.1:{{first}}" { } }""");

        var result = await ReloadAsync(silo, $$"""ECStream_Listener { Listen ":{{first}}" { } Listen "127.0.0.1:{{second}}" { } }""");

        Assert.True(result.Succeeded);
        Assert.DoesNotContain(result.Listens, l => l.Kind == ListenChangeKind.Failed);
        foreach (var port in new[] { first, second })
        {
            using var client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
            await client.SendAsync(RawClient.Package("m"));
            Assert.StartsWith("K", await client.ReadReplyAsync());
        }

        Assert.Equal([$":{first}", $"127.0.0.1:{second}"], (await silo.StatusAsync()).Listeners.Select(l => l.Address));
    }

    [Fact]
    public async Task AnotherGateway_GetsWhatWaited_AndWhatComes()
    {
        await using var silo = await StartAsync("""ECStream_Listener { Listen "127.0.0.1:0" { } }""");
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync(RawClient.Package("held"));
        Assert.StartsWith("K", await client.ReadReplyAsync());
        Assert.Equal("held", (await silo.StatusAsync()).Relay.State);

        // From none to one that nobody listens at, and on to a directory: each takes over what the one before could not deliver.
        await ReloadAsync(silo, $$"""Delivery_Method = "ECSTREAM" Gateway = "127.0.0.1:{{FreePort.Next()}}" ECStream_Listener { Listen "127.0.0.1:0" { } }""");
        await Within.Becomes(async () => (await silo.StatusAsync()).Relay.State == "retrying", "the relay tries the dead gateway");
        var maildir = _directory.Sub("mail");
        await ReloadAsync(silo, $$"""Delivery_Method = "MAILDIR" Gateway = "{{maildir}}" ECStream_Listener { Listen "127.0.0.1:0" { } }""");
        await client.SendAsync(RawClient.Package("behind it"));
        Assert.StartsWith("K", await client.ReadReplyAsync());

        await Within.Becomes(async () => (await silo.StatusAsync()).Relay.Delivered == 2, "both messages are delivered");
        Assert.Equal(2, Directory.EnumerateFiles(maildir, "*", SearchOption.AllDirectories).Count());
        Assert.Equal(0, (await silo.StatusAsync()).Spool.MessagesWaiting);
    }

    [Fact]
    public async Task WhoIsNoLongerListed_IsPutOff_AlsoInAnOpenSession()
    {
        await using var silo = await StartAsync("""ECStream_Listener { Peer "192.0.2.7" { } Listen "127.0.0.1:0" { } }""");
        var grain = silo.Grains.GetGrain<EcStreamOrleans.Grains.IPeerGrain>("192.0.2.7");
        var session = Guid.NewGuid();
        var observer = silo.Grains.CreateObjectReference<EcStreamOrleans.Grains.IEdgeObserver>(new Deaf());
        Assert.IsType<EcStreamOrleans.Grains.SessionOpened>(await grain.OpenSessionAsync(new(session, "127.0.0.1:0", "test"), observer, default));

        await ReloadAsync(silo, """ECStream_Listener { Listen "127.0.0.1:0" { } }""");
        var verdict = await grain.AcceptAsync(Grains.PeerGrainTests.Batch(new(session, 1), 1), default);

        Assert.Equal("Admission", verdict.Limit);
    }

    [OpenSslFact]
    public async Task TlsOfTheFile_TakesEffect_AndARenewedCertificateNeedsNoMoreThanAReload()
    {
        var certificates = new TestCertificates(_directory);
        var conf = $$"""
            TLS_Protocols = "+ALL:-TLSv1.3"
            ECStream_Listener {
              Use_SSL = true
              TLS_Client_CA = "{{certificates.RootFile}}"
              Listen "127.0.0.1:0" {
                TLS_Certificate = "{{certificates.ServerFile()}}"
                TLS_Verify_Mode = "require"
                TLS_Ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:!aNULL"
              }
            }
            """;
        await using var silo = await StartAsync(conf);
        var client = certificates.ClientFile();
        string[] options = ["-CAfile", certificates.RootFile, "-cert", client, "-key", client];
        using var old = OpenSslClient.Connect(silo.EndPoint, options);
        await old.SaysAsync("Cipher is ECDHE-ECDSA-AES128-GCM-SHA256");
        await old.SaysAsync("Verify return code: 0 (ok)");
        using (var refused = OpenSslClient.Connect(silo.EndPoint, "-tls1_3"))
        {
            Assert.NotEqual(0, (await refused.EndAsync()).ExitCode);
        }

        File.Copy(certificates.ServerFile("renewed"), _directory.Sub("server.pem"), overwrite: true);
        var result = await ReloadAsync(silo, conf);

        Assert.True(result.Succeeded);
        Assert.Equal(ListenChangeKind.Changed, Assert.Single(result.Listens).Kind);
        using var next = OpenSslClient.Connect(silo.EndPoint, options);
        await next.SaysAsync("subject=CN = renewed");
        await old.SendAsync(RawClient.Package("over the old session"));
        await old.SaysAsync(":K2.0.0 ok ");

        await File.WriteAllTextAsync(_directory.Sub("server.pem"), "no certificate");
        var failed = await ReloadAsync(silo, conf);
        Assert.False(failed.Succeeded);
        Assert.Contains("grid.conf:6:23: error: SSL bad or missing cert", Assert.Single(failed.Diagnostics, d => d.Severity == ConfigSeverity.Error).ToString(), StringComparison.Ordinal);
        using var still = OpenSslClient.Connect(silo.EndPoint, options);
        await still.SaysAsync("subject=CN = renewed");
    }

    private Task<TestSilo> StartAsync(string conf) =>
        TestSilo.StartAsync(_directory, conf, settings => settings.Conf = _directory.File("grid.conf", conf));

    private async Task<ReconfigurationResult> ReloadAsync(TestSilo silo, string conf)
    {
        _directory.File("grid.conf", conf);
        return await silo.Services.GetRequiredService<Reconfiguration>().ReloadAsync(default);
    }

    private sealed class Deaf : EcStreamOrleans.Grains.IEdgeObserver
    {
        public ValueTask CloseIdleAsync(string peer, Guid session, TimeSpan idleTime) => default;
    }
}
