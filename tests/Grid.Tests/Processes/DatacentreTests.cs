using System.Globalization;
using System.Net;
using EcStreamOrleans.Grid.Tests.Admin;
using EcStreamOrleans.Grid.Tests.Harness;
using Xunit.Abstractions;

namespace EcStreamOrleans.Grid.Tests.Processes;

/// <summary>Two datacentres, a cluster each with a silo and an edge, on one policy store: all of them processes.</summary>
public sealed class DatacentreTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly IPAddress Suspended = IPAddress.Parse("127.0.0.66");

    private readonly TempDirectory _directory = new();
    private readonly List<Datacentre> _all = [];
    private Azurite _memberships = null!;
    private Azurite _store = null!;
    private LoadBooks _books = null!;
    private TestCertificates _certificates = null!;

    private Datacentre West => _all[0];

    private Datacentre East => _all[1];

    public async Task InitializeAsync()
    {
        _memberships = Azurite.Missing is null ? await Azurite.StartNewAsync() : new Azurite();
        _store = Azurite.Missing is null ? await Azurite.StartNewAsync() : new Azurite();
        _books = new LoadBooks(_directory.Sub("ledger"));
        _certificates = new TestCertificates(_directory);
    }

    public Task DisposeAsync()
    {
        _all.ForEach(datacentre => datacentre.Dispose());
        _store.Dispose();
        _memberships.Dispose();
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [AzuriteFact]
    public async Task AChangeOfPolicy_InOne_HoldsForAnOpenSessionInTheOther()
    {
        await StartBothAsync();
        using var session = await RawClient.ConnectAsync(East.Edge.EndPoint, Suspended);
        Assert.StartsWith("K", await SendAsync(session));
        var times = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            var start = TimeProvider.System.GetTimestamp();
            await SuspendAsync(West, "abuse");
            await AnswersAsync(session, "Z4.3.2 peer 127.0.0.66 is suspended: abuse");
            times.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);

            start = TimeProvider.System.GetTimestamp();
            var lifted = await West.Admin.CallAsync("DELETE", $"policy/suspensions/{Suspended}");
            Assert.Equal(HttpStatusCode.OK, lifted.Status);
            await AnswersAsync(session, "K2.0.0 ok");
            times.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
        }

        // Grid:Policy:PollPeriod is 1 s.
        output.WriteLine($"From a change in one to its effect on a session in the other: {string.Join(", ", times.Select(t => t.ToString("F0", CultureInfo.InvariantCulture)))} ms");
        Assert.All(times, time => Assert.InRange(time, 0, 30_000));
    }

    [AzuriteFact]
    public async Task ADatacentreThatIsLost_ItsEdgePassesSessionsOn_AndNothingThatGotKIsMissing_AndItComesBack()
    {
        await StartBothAsync();
        await SuspendAsync(West, "abuse");
        using var load = _books.Start(West.Edge.Listen, count: 20_000, size: 4_096, connections: 4, window: 5);
        await Within.Becomes(() => load.HasExited || _books.AcceptedIds().Count > 200, "the load is under way");
        Assert.False(load.HasExited, load.Describe());
        West.Silo!.Kill();
        await _books.EndAsync(load);
        await Within.Becomes(
            async () => await West.Edge.ReadinessAsync() == $"ready\nwarning: cluster: no silo can be reached; sessions are passed on to {East.Others}", "sessions are passed on");

        // Whoever comes now is in the other datacentre's books, under its own address, and under the policy.
        await _books.RunAsync(West.Edge.Listen, count: 2_000, size: 2_048, connections: 2);
        using var peer = await RawClient.ConnectAsync(West.Edge.EndPoint, IPAddress.Parse("127.0.0.9"));
        Assert.StartsWith("K2.0.0 ok", await SendAsync(peer));
        using var suspended = await RawClient.ConnectAsync(West.Edge.EndPoint, Suspended);
        await AnswersAsync(suspended, "Z4.3.2 peer 127.0.0.66 is suspended: abuse");
        await Within.Becomes(() => West.Edge.Process.Output.Contains("and ended: Closed; ", StringComparison.Ordinal), "the edge has logged that it passed sessions on");
        Assert.Contains("Fallback begins: the cluster has been out of reach for ", West.Edge.Process.Output);
        var known = (await East.Admin.CallAsync("GET", "sessions?peer=127.0.0.9")).Compact;
        Assert.Contains("127.0.0.9", known);

        // Back: new sessions are local, and the one that was passed on goes on.
        await West.StartSiloAsync();
        await Within.Becomes(async () => (await West.Edge.ReadinessAsync()).Split('\n')[0] == "ready" && !(await West.Edge.ReadinessAsync()).Contains("cluster:", StringComparison.Ordinal), "the silo is found again");
        var before = (await East.Silo!.StatusAsync()).Relay.Delivered;
        await _books.RunAsync(West.Edge.Listen, count: 500, size: 2_048, connections: 2);
        Assert.StartsWith("K2.0.0 ok", await SendAsync(peer));
        await BalanceAsync();
        Assert.Equal(before + 1, (await East.Silo.StatusAsync()).Relay.Delivered);
    }

    [AzuriteFact]
    public async Task ADatacentreThatHangs_WithItsConnectionsOpen_IsFoundOut_AndLeftUntilItGoesOn()
    {
        await StartBothAsync();
        await _books.RunAsync(West.Edge.Listen, count: 100, size: 1_024);
        await West.Silo!.Process.FreezeAsync();
        await Within.Becomes(async () => (await West.Edge.ReadinessAsync()).Contains("sessions are passed on", StringComparison.Ordinal), "the edge knows that nobody answers");
        await _books.RunAsync(West.Edge.Listen, count: 500, size: 1_024);

        await West.Silo.Process.ThawAsync();
        await Within.Becomes(async () => await West.Edge.ReadinessAsync() == "ready", "the silo answers again");
        await _books.RunAsync(West.Edge.Listen, count: 100, size: 1_024);
        await BalanceAsync();
        Assert.Equal(500, (await East.Silo!.StatusAsync()).Relay.Delivered);
    }

    [AzuriteFact]
    public async Task ThePolicyStoreAway_MailFlowsByTheLastPolicy_AndThatIsSaid_AndWritesAreRefusedWithWords()
    {
        await StartBothAsync();
        await SuspendAsync(West, "abuse");
        using var session = await RawClient.ConnectAsync(East.Edge.EndPoint, Suspended);
        await AnswersAsync(session, "Z4.3.2 peer 127.0.0.66 is suspended: abuse");
        await _store.StopAsync();
        foreach (var datacentre in _all)
        {
            await Within.Becomes(
                async () => (await datacentre.Silo!.StatusAsync()).Policy.Trouble?.StartsWith("the policy's store fails: ", StringComparison.Ordinal) == true, "the silo says so");
            await Within.Becomes(async () => (await datacentre.Edge.MetricsAsync()).Contains("ecstream_policy_stale{otel_scope_name=\"EcStreamOrleans.Policy\"} 1", StringComparison.Ordinal), "and so does the edge's metric");
            await Within.Becomes(() => datacentre.Edge.Process.Output.Contains("perhaps not the latest: the policy's store fails: ", StringComparison.Ordinal), "and its log");
            var refused = await datacentre.Admin.CallAsync("POST", "policy/suspensions", """{"block":"127.0.0.66","reason":"worse"}""");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
            Assert.StartsWith("The policy's store fails: ", refused["detail"].GetString());
            Assert.Matches("Nothing (was changed|can be read from it or changed now)", refused["detail"].GetString()!);

            // Of a peer that this datacentre has not seen before, too.
            await _books.RunAsync(datacentre.Edge.Listen, count: 200, size: 1_024);
        }

        await AnswersAsync(session, "Z4.3.2 peer 127.0.0.66 is suspended: abuse");
        await _store.StartAsync();
        await Within.Becomes(async () => (await West.Admin.CallAsync("DELETE", $"policy/suspensions/{Suspended}")).Status == HttpStatusCode.OK, "policy can be changed again");
        await AnswersAsync(session, "K2.0.0 ok");
        foreach (var datacentre in _all)
        {
            await Within.Becomes(async () => (await datacentre.Silo!.StatusAsync()).Policy is { Trouble: null, Version: 2 }, "in step again");
        }

        await BalanceAsync();
    }

    private static async Task<string> SendAsync(RawClient client)
    {
        await client.SendAsync(RawClient.Package("Subject: x\n\nx"));
        return await client.ReadReplyAsync();
    }

    private static Task AnswersAsync(RawClient client, string beginning) => Within.Becomes(
        async () => (await SendAsync(client)).StartsWith(beginning, StringComparison.Ordinal), $"the answer is {beginning}");

    private static async Task SuspendAsync(Datacentre datacentre, string reason)
    {
        var change = await datacentre.Admin.CallAsync("POST", "policy/suspensions", $$"""{"block":"{{Suspended}}","reason":"{{reason}}"}""");
        Assert.Equal(HttpStatusCode.OK, change.Status);
    }

    private async Task StartBothAsync()
    {
        _all.Add(new Datacentre(_directory, "west", new ClusterPlace(_memberships, "west", _store)));
        _all.Add(new Datacentre(_directory, "east", new ClusterPlace(_memberships, "east", _store)));
        foreach (var (datacentre, other) in _all.Zip(_all.AsEnumerable().Reverse()))
        {
            await datacentre.StartSiloAsync();
            datacentre.StartEdge(_certificates, other);
        }

        foreach (var datacentre in _all)
        {
            await datacentre.Edge.BecomesReadyAsync();
        }
    }

    // Over both datacentres' spools.
    private async Task BalanceAsync()
    {
        foreach (var datacentre in _all)
        {
            Assert.Equal(0, (await datacentre.Silo!.DrainsAsync()).Spool.MessagesFailed);
            Assert.Equal(0, await datacentre.Edge.TerminateAsync());
        }

        var delivered = _all.Where(datacentre => Directory.Exists(datacentre.Maildir)).SelectMany(datacentre => DeliveredMail.ReadAll(datacentre.Maildir));
        output.WriteLine(_books.Balance([.. delivered.Where(mail => mail.Text.Contains("X-Load-Id", StringComparison.Ordinal))], mayBeUndecided: true).Text);
    }

    private sealed class Datacentre : IDisposable
    {
        private readonly TempDirectory _directory;
        private readonly string _name;
        private readonly int _othersPort = ServicePort.Next();

        public Datacentre(TempDirectory directory, string name, ClusterPlace cluster)
        {
            (_directory, _name, Cluster) = (directory, name, cluster);
            Maildir = directory.Sub($"{name}-mail");
            Place = new SiloPlace(directory, SiloPlace.Maildir(Maildir), name) { Cluster = cluster, GatewayPort = ServicePort.Next() };
            Admin = new HttpClient { BaseAddress = new Uri(Place.Admin) };
        }

        public ClusterPlace Cluster { get; }

        public SiloPlace Place { get; }

        public string Maildir { get; }

        public HttpClient Admin { get; }

        public SiloProcess? Silo { get; private set; }

        public EdgeProcess Edge { get; private set; } = null!;

        /// <summary>Where its edge takes sessions from edges of others.</summary>
        public string Others => $"127.0.0.1:{_othersPort}";

        public async Task StartSiloAsync()
        {
            Silo?.Dispose();
            Silo = await SiloProcess.StartAsync(Place);
        }

        public void StartEdge(TestCertificates certificates, Datacentre other) => Edge = EdgeProcess.StartWith(
            _directory,
            $"{_name}-edge",
            Cluster,
            $$"""
            Listen "{{Others}}" {
              Use_SSL = true
              TLS_Certificate = "{{certificates.ServerFile($"{_name}-server")}}"
              TLS_Client_CA = "{{certificates.RootFile}}"
              TLS_Verify_Mode = require
              Proxy_Protocol_From = "127.0.0.0/8"
            }
            """,
            $"--Grid:Fallback:Listeners={other.Others}",
            $"--Grid:Fallback:Certificate={certificates.ClientFile($"CN={_name}-edge")}",
            $"--Grid:Fallback:Authorities={certificates.RootFile}",
            "--Grid:Fallback:After=2");

        public void Dispose()
        {
            Edge?.Dispose();
            Silo?.Dispose();
            Admin.Dispose();
        }
    }
}
