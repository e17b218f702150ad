using System.Net;
using EcStreamOrleans.Grid.Tests.Admin;
using EcStreamOrleans.Grid.Tests.Harness;
using Xunit.Abstractions;

namespace EcStreamOrleans.Grid.Tests.Processes;

/// <summary>Two silos that find one another by a table, and an edge before them: each a process. What got K is delivered, whichever of them goes.</summary>
public sealed class ClusterTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly List<Node> _silos = [];
    private Azurite _azurite = null!;
    private ClusterPlace _cluster = null!;
    private LoadBooks _books = null!;
    private EdgeProcess? _edge;

    public async Task InitializeAsync()
    {
        _azurite = Azurite.Missing is null ? await Azurite.StartNewAsync() : new Azurite();
        _cluster = new ClusterPlace(_azurite);
        _books = new LoadBooks(_directory.Sub("ledger"));
    }

    public Task DisposeAsync()
    {
        _edge?.Dispose();
        _silos.ForEach(silo => silo.Process?.Dispose());
        _azurite.Dispose();
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [AzuriteFact]
    public async Task AnEdgeWithoutSilosAndStore_PutsMailOff_AndTakesItWithoutARestart_OnTheSameSession()
    {
        await _azurite.StopAsync();
        _edge = EdgeProcess.Start(_directory, "edge", _cluster);
        await Within.Becomes(async () => (await _edge.ReadinessAsync()).StartsWith("cluster: no silo has been reached yet: ", StringComparison.Ordinal), "the edge says why it is not ready");
        using var client = await RawClient.ConnectAsync(_edge.EndPoint);
        await AnswersAsync(client, "Z4.3.2 no silo of the grid can be reached");

        await _azurite.StartAsync();
        var silo = await StartSiloAsync("a");
        await _edge.BecomesReadyAsync();
        await AnswersAsync(client, "K2.0.0 ok");

        silo.Process!.Kill();
        await Within.Becomes(async () => await _edge.ReadinessAsync() == "cluster: no silo can be reached", "the edge knows that the silo is gone");
        await AnswersAsync(client, "Z4.3.2 no silo of the grid can be reached");

        await StartAgainAsync(silo);
        await _edge.BecomesReadyAsync();
        await BecomesTakenAsync(client);
        Assert.Equal(0, await _edge.TerminateAsync());
        Assert.DoesNotContain("fail:", _edge.Process.Output);
    }

    [AzuriteFact]
    public async Task TheHealthListener_AnswersProbesAndNothingElse_AndNamesNoPeer()
    {
        await StartGridAsync(silos: 1);
        await _books.RunAsync(_edge!.Listen, count: 20, size: 1_024);

        Assert.Equal(HttpStatusCode.OK, await _edge.GetAsync("/healthz/live"));
        Assert.Equal(HttpStatusCode.NotFound, await _edge.GetAsync("/api/v1/status"));
        var metrics = await _edge.MetricsAsync();
        Assert.Contains("ecstream_edge_messages_total{otel_scope_name=\"EcStreamOrleans.Edge\",verdict=\"accepted\"} 20", metrics);
        Assert.DoesNotContain("peer=", metrics);
        Assert.DoesNotContain("127.0.0.1", string.Join('\n', metrics.Split('\n').Where(line => line.StartsWith("ecstream", StringComparison.Ordinal))));
    }

    [AzuriteFact]
    public async Task ASiloKilledUnderLoad_TheEdgeGoesOnWithTheOther_AndNothingThatGotKIsMissing()
    {
        await StartGridAsync(silos: 2);
        var victim = await HolderAsync();
        using var load = await LoadAsync();
        victim.Process!.Kill();
        await _books.EndAsync(load);

        await RecoversAsync();
        await StartAgainAsync(victim);
        await BalanceAsync();
    }

    [AzuriteFact]
    public async Task ASiloThatHangs_IsLeft_AndEndsWhenItGoesOn_AndNothingThatGotKIsMissing()
    {
        await StartGridAsync(silos: 2);
        var victim = await HolderAsync();
        using var load = await LoadAsync();
        await victim.Process!.Process.FreezeAsync();
        await _books.EndAsync(load);
        await RecoversAsync();

        // The others have declared it dead: whoever supervises it starts it anew.
        await victim.Process.Process.ThawAsync();
        Assert.NotEqual(0, (await victim.Process.Process.ExitAsync()).ExitCode);
        await StartAgainAsync(victim);
        await BalanceAsync();
    }

    [AzuriteFact]
    public async Task ASiloStoppedUnderLoad_LosesNothing_AndTheEdgeGoesOn()
    {
        await StartGridAsync(silos: 2);
        var victim = await HolderAsync();
        using var load = await LoadAsync();
        Assert.Equal(0, await victim.Process!.TerminateAsync());
        await _books.EndAsync(load);

        await RecoversAsync();
        await StartAgainAsync(victim);
        await BalanceAsync();
    }

    [AzuriteFact]
    public async Task AnEdgeKilledUnderLoad_AnotherServes_AndNothingThatGotKIsMissing()
    {
        await StartGridAsync(silos: 2);
        using var load = await LoadAsync();
        _edge!.Process.Kill();
        await _books.EndAsync(load);
        _edge.Dispose();

        _edge = EdgeProcess.Start(_directory, "other", _cluster);
        await _edge.BecomesReadyAsync();
        await RecoversAsync();
        await BalanceAsync();
    }

    [AzuriteFact]
    public async Task AChangeOfPolicy_AtOneSilo_HoldsForASessionOnAnEdge()
    {
        await StartGridAsync(silos: 2);
        foreach (var (silo, version) in _silos.Select((silo, i) => (silo, i)))
        {
            using var client = await RawClient.ConnectAsync(_edge!.EndPoint);
            await BecomesTakenAsync(client);
            using var admin = new HttpClient { BaseAddress = new Uri(silo.Place.Admin) };
            var change = await admin.CallAsync("PUT", "policy/overrides/127.0.0.1%2F32", """{"idleTime":1}""", ifMatch: version * 2);
            Assert.Equal(HttpStatusCode.OK, change.Status);

            // Silent for a second: not for the five minutes of the file.
            Assert.Empty(await Within.PatienceOf(client.ReadToEndAsync(), "the edge closes the idle session"));
            var back = await admin.CallAsync("PUT", "policy/overrides/127.0.0.1%2F32", """{"idleTime":300}""", ifMatch: (version * 2) + 1);
            Assert.Equal(HttpStatusCode.OK, back.Status);
        }
    }

    private async Task StartGridAsync(int silos)
    {
        for (var i = 0; i < silos; i++)
        {
            await StartSiloAsync($"silo{i}");
        }

        _edge = EdgeProcess.Start(_directory, "edge", _cluster);
        await _edge.BecomesReadyAsync();
    }

    private async Task<Node> StartSiloAsync(string name)
    {
        var maildir = _directory.Sub($"{name}-mail");
        var node = new Node(new SiloPlace(_directory, SiloPlace.Maildir(maildir), name) { Cluster = _cluster, GatewayPort = ServicePort.Next() }, maildir);
        _silos.Add(node);
        node.Process = await SiloProcess.StartAsync(node.Place);
        return node;
    }

    private static async Task StartAgainAsync(Node silo)
    {
        silo.Process!.Dispose();
        silo.Process = await SiloProcess.StartAsync(silo.Place);
    }

    /// <summary>The silo where the grain of the only peer is: the one that its mail has gone to.</summary>
    private async Task<Node> HolderAsync()
    {
        await _books.RunAsync(_edge!.Listen, count: 100, size: 1_024);
        foreach (var silo in _silos)
        {
            if (await silo.Process!.StatusAsync() is { Spool.RecordsWaiting: > 0 } or { Relay.Delivered: > 0 })
            {
                return silo;
            }
        }

        throw new InvalidOperationException("No silo has taken anything.");
    }

    /// <summary>A load in the midst of which something is to happen.</summary>
    private async Task<ToolProcess> LoadAsync()
    {
        var before = _books.AcceptedIds().Count;
        var load = _books.Start(_edge!.Listen, count: 20_000, size: 4_096, connections: 4, window: 5);
        await Within.Becomes(() => load.HasExited || _books.AcceptedIds().Count > before + 200, "the load is under way");
        Assert.False(load.HasExited, load.Describe());
        return load;
    }

    private async Task RecoversAsync()
    {
        await _edge!.BecomesReadyAsync("the edge is ready again");
        using var client = await RawClient.ConnectAsync(_edge.EndPoint);
        await BecomesTakenAsync(client);
        await _books.RunAsync(_edge.Listen, count: 500, size: 2_048, connections: 2);
    }

    private async Task BalanceAsync()
    {
        foreach (var silo in _silos)
        {
            Assert.Equal(0, (await silo.Process!.DrainsAsync()).Spool.MessagesFailed);
        }

        Assert.Equal(0, await _edge!.TerminateAsync());
        var delivered = _silos.Where(silo => Directory.Exists(silo.Maildir)).SelectMany(silo => DeliveredMail.ReadAll(silo.Maildir));
        output.WriteLine(_books.Balance([.. delivered.Where(mail => mail.Text.Contains("X-Load-Id", StringComparison.Ordinal))], mayBeUndecided: true).Text);
    }

    private static async Task AnswersAsync(RawClient client, string beginning)
    {
        await client.SendAsync(RawClient.Package("Subject: x\n\nx"));
        Assert.StartsWith(beginning, await client.ReadReplyAsync());
    }

    private static Task BecomesTakenAsync(RawClient client) => Within.Becomes(
        async () =>
        {
            await client.SendAsync(RawClient.Package("Subject: x\n\nx"));
            var reply = await client.ReadReplyAsync();
            Assert.True(reply!.StartsWith('K') || reply.StartsWith("Z4.3.2 ", StringComparison.Ordinal), reply);
            return reply.StartsWith('K');
        },
        "mail is taken again");

    private sealed class Node(SiloPlace place, string maildir)
    {
        public SiloPlace Place => place;

        public string Maildir => maildir;

        public SiloProcess? Process { get; set; }
    }
}
