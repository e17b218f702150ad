using System.Net;
using EcStreamOrleans.Edge.Nodes;
using EcStreamOrleans.Grains.Nodes;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Grid.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Admin;

/// <summary>What one node's admin API says of all of them. The other node is played: it is in the cluster's book as any other.</summary>
public sealed class NodesTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private TestSilo _silo = null!;

    public async Task InitializeAsync() => _silo = await TestSilo.StartAsync(_directory);

    public async Task DisposeAsync()
    {
        await _silo.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task ANode_IsInTheBook_AndShownAsItIs()
    {
        using var client = await InjectAsync();
        await Within.Becomes(async () => (await Book.GetAsync(default)).Any(node => node.Report.Sessions == 1), "the node has reported");

        var grid = await _silo.Admin.CallAsync("GET", "grid");

        var node = Assert.Single(grid["nodes"].EnumerateArray());
        Assert.Equal((Name, "silo", true, 1, 1L, 1L), (node.GetProperty("node").GetString(), node.GetProperty("role").GetString(), node.GetProperty("ready").GetBoolean(), node.GetProperty("sessions").GetInt32(), node.GetProperty("messagesAccepted").GetInt64(), node.GetProperty("spoolWaiting").GetInt64()));
        Assert.Empty(grid["warnings"].EnumerateArray());
    }

    [Fact]
    public async Task WhereNodesDiffer_OrAreNotReady_OrSilent_ThatIsSaid()
    {
        var own = _silo.Services.GetRequiredService<NodeReporter>().Report();
        var other = new Other();
        await Book.ReportAsync(
            own with { Node = "other", Role = "edge", Version = "9.9.9", Configuration = "abc", NotReady = ["listener: stopping"], PolicyVersion = 7, PolicyTrouble = "no answer", Spool = null },
            Reference(other),
            default);

        var grid = await _silo.Admin.CallAsync("GET", "grid");

        Assert.Equal([Name, "other"], grid["nodes"].EnumerateArray().Select(node => node.GetProperty("node").GetString()!));
        Assert.Equal(
            [
                "other is not ready: listener: stopping.",
                $"{Name} goes by version 0 of the policy, others by 7.",
                "other may not go by the latest policy: no answer",
                $"The nodes have different configuration files: {own.Configuration} on {Name}; abc on other.",
                $"The nodes are of different versions: {own.Version} on {Name}; 9.9.9 on other.",
            ],
            grid["warnings"].EnumerateArray().Select(warning => warning.GetString()!));
        await Book.LeaveAsync("other", default);
        Assert.Single((await _silo.Admin.CallAsync("GET", "grid"))["nodes"].EnumerateArray());
        GC.KeepAlive(other);
    }

    [Fact]
    public async Task Sessions_AreFound_Counted_AndClosed_OnEveryNode()
    {
        using var client = await InjectAsync();
        var here = (await _silo.Services.GetRequiredService<NodeAnswers>().FindSessionsAsync(new SessionFilter(), 1))[0];
        var there = here with { Id = Guid.NewGuid(), Peer = "10.0.0.7", Node = "other", LastActivity = here.LastActivity.AddHours(-1) };
        var other = new Other(there);
        await JoinAsync(other);

        var all = await _silo.Admin.CallAsync("GET", "sessions");
        Assert.Equal([("other", "10.0.0.7"), (Name, "127.0.0.1")], all["sessions"].EnumerateArray().Select(s => (s.GetProperty("node").GetString()!, s.GetProperty("peer").GetString()!)));
        Assert.Empty(all["missing"].EnumerateArray());
        var limited = await _silo.Admin.CallAsync("GET", "sessions?limit=1");
        Assert.True(limited["truncated"].GetBoolean());
        Assert.Equal("other", limited["sessions"][0].GetProperty("node").GetString());
        Assert.Equal(8, (await _silo.Admin.CallAsync("GET", "sessions/count"))["sessions"].GetInt32());
        Assert.Equal(7, (await _silo.Admin.CallAsync("GET", "sessions/count?prefix=8"))["groups"][0].GetProperty("sessions").GetInt32());
        Assert.Equal("10.0.0.7", (await _silo.Admin.CallAsync("GET", $"sessions/{there.Id}"))["peer"].GetString());

        Assert.Equal(1, (await _silo.Admin.CallAsync("DELETE", $"sessions/{there.Id}?reason=old", actor: "ann"))["closed"].GetInt32());
        Assert.Equal((there.Id, "local:ann", "old"), (other.Closed!.Session, other.Actor, other.Reason));
        Assert.Equal(2, (await _silo.Admin.CallAsync("POST", "sessions/close", """{"cidr":"0.0.0.0/0","reason":"all"}"""))["closed"].GetInt32());
        Assert.Equal("0.0.0.0/0", other.Closed!.Peer);
        Assert.Empty(await client.ReadToEndAsync());
    }

    [Fact]
    public async Task ANodeThatDoesNotAnswer_IsNamed_AndTheOthersAnswersAreNotLost()
    {
        using var client = await InjectAsync();
        var other = new Other { Failure = new TimeoutException("deaf") };
        await JoinAsync(other);

        foreach (var path in new[] { "sessions", "sessions/count" })
        {
            var answer = await _silo.Admin.CallAsync("GET", path);
            Assert.Equal("other", Assert.Single(answer["missing"].EnumerateArray()).GetString());
        }

        Assert.Single((await _silo.Admin.CallAsync("GET", "sessions"))["sessions"].EnumerateArray());
        Assert.Equal(HttpStatusCode.NotFound, (await _silo.Admin.CallAsync("GET", $"sessions/{Guid.NewGuid()}")).Status);
    }

    [Fact]
    public async Task ANodeInMaintenance_IsNotReady_PutsNewSessionsOff_AndKeepsTheOldOnes()
    {
        using var before = await InjectAsync();

        var on = await _silo.Admin.CallAsync("POST", "maintenance", """{"on":true,"reason":"new disk"}""", actor: "ann");

        Assert.Equal((Name, true), (on["node"].GetString(), on["on"].GetBoolean()));
        Assert.True(_silo.Log.Has(LogLevel.Warning, "In maintenance by local:ann: new disk"));
        Assert.Equal(["maintenance: new disk"], (await _silo.StatusAsync()).NotReady);
        using (var late = await RawClient.ConnectAsync(_silo.EndPoint))
        {
            await late.SendAsync(RawClient.Package("late"));
            Assert.Equal("Z4.3.2 this node is in maintenance: new disk", await late.ReadReplyAsync());
        }

        await before.SendAsync(RawClient.Package("more"));
        Assert.StartsWith("K", await before.ReadReplyAsync());
        await _silo.Admin.CallAsync("POST", "maintenance", """{"on":false}""");
        Assert.Empty((await _silo.StatusAsync()).NotReady);
        using var after = await InjectAsync();
    }

    [Fact]
    public async Task AnotherNode_IsTakenOutOfService_FromHere()
    {
        var other = new Other();
        await JoinAsync(other);

        Assert.Equal("other", (await _silo.Admin.CallAsync("POST", "maintenance", """{"node":"other","on":true,"reason":"new disk"}""", actor: "ann"))["node"].GetString());

        Assert.Equal(("new disk", "local:ann"), (other.Reason, other.Actor));
        Assert.Equal(HttpStatusCode.NotFound, (await _silo.Admin.CallAsync("POST", "maintenance", """{"node":"nobody","on":false}""")).Status);
        Assert.Equal(["/reason"], (await _silo.Admin.CallAsync("POST", "maintenance", """{"on":true}""")).Faults.Select(fault => fault.Pointer));
        Assert.Equal(["/on"], (await _silo.Admin.CallAsync("POST", "maintenance", "{}")).Faults.Select(fault => fault.Pointer));
    }

    [Fact]
    public async Task AChange_IsTriedOnTheTrafficOfEveryNode()
    {
        using var client = await InjectAsync();
        await client.SendAsync([.. RawClient.Package("one"), .. RawClient.Package("two")]);
        await client.ReadRepliesAsync(2);
        var other = new Other { Trial = new NodeTrial(DateTimeOffset.UnixEpoch, 10, [new PeerTrial("127.0.0.1", 3, 2, 0, 0, 0, 0), new PeerTrial("10.0.0.7", 9, 1, 0, 0, 4, 0)]) };
        await JoinAsync(other);

        var trial = await _silo.Admin.CallAsync("POST", "policy/trial", """{"changes":[{"block":"127.0.0.1","set":{"maxBatchSize":1}}]}""");

        Assert.Equal("127.0.0.1", Assert.Single(other.Tried!).Block);
        Assert.Equal("2 peers: 4 batches smaller, 4 sessions closed earlier", trial["summary"].GetString());
        Assert.Equal(DateTimeOffset.UnixEpoch, trial["since"].GetDateTimeOffset());
        Assert.Equal(12, trial["remembered"].GetInt64());
    }

    private INodesGrain Book => _silo.Grains.GetGrain<INodesGrain>(0);

    private string Name => _silo.Services.GetRequiredService<PolicyFollower>().Node;

    private INodeObserver Reference(Other other) => _silo.Grains.CreateObjectReference<INodeObserver>(other);

    private async Task JoinAsync(Other other) =>
        await Book.ReportAsync(_silo.Services.GetRequiredService<NodeReporter>().Report() with { Node = "other" }, Reference(other), default);

    private async Task<RawClient> InjectAsync()
    {
        var client = await RawClient.ConnectAsync(_silo.EndPoint);
        await client.SendAsync(RawClient.Package("hello"));
        Assert.StartsWith("K", await client.ReadReplyAsync());
        return client;
    }

    private sealed class Other(params SessionSnapshot[] sessions) : INodeObserver
    {
        public Exception? Failure { get; init; }

        public NodeTrial Trial { get; init; } = new(null, 0, []);

        public SessionFilter? Closed { get; private set; }

        public string? Actor { get; private set; }

        public string? Reason { get; private set; }

        public IReadOnlyList<ProposedChange>? Tried { get; private set; }

        public Task<IReadOnlyList<SessionSnapshot>> FindSessionsAsync(SessionFilter which, int limit) => Failure is null
            ? Task.FromResult<IReadOnlyList<SessionSnapshot>>([.. sessions.Where(s => which.Session is null || s.Id == which.Session).Take(limit)])
            : Task.FromException<IReadOnlyList<SessionSnapshot>>(Failure);

        public Task<IReadOnlyList<BlockCount>> CountSessionsAsync(SessionFilter which, int? prefixLength) => Failure is null
            ? Task.FromResult<IReadOnlyList<BlockCount>>([new BlockCount(prefixLength is null ? "" : "10.0.0.0/8", 7)])
            : Task.FromException<IReadOnlyList<BlockCount>>(Failure);

        public Task<int> CloseSessionsAsync(SessionFilter which, string actor, string reason)
        {
            (Closed, Actor, Reason) = (which, actor, reason);
            return Task.FromResult(1);
        }

        public Task SetMaintenanceAsync(string? reason, string actor)
        {
            (Reason, Actor) = (reason, actor);
            return Task.CompletedTask;
        }

        public Task<NodeTrial> TryAsync(IReadOnlyList<ProposedChange> changes)
        {
            Tried = changes;
            return Task.FromResult(Trial);
        }
    }
}
