using System.Net;
using System.Net.Sockets;
using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Silo.State;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Grains;

public sealed class PolicyTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task AChange_IsInTheLog_InTheState_AndInEffect_AlsoBehindARestart()
    {
        var value = new PeerOverride { IdleTime = TimeSpan.FromSeconds(60), MaxBatchSize = 7 };
        await using (var silo = await TestSilo.StartAsync(_directory))
        {
            var entry = await CommitAsync(silo, 0, ("", "10.0.0.9/16", value));
            Assert.Equal((1, "tester", "10.0.0.0/16"), (entry.Version, entry.Actor, entry.Changes[0].Block));
            Assert.Equal((PeerOverride.None, value), (entry.Changes[0].Before, entry.Changes[0].After));
            await CommitAsync(silo, 1, ("127.0.0.1:0", "10.0.0.0/16", new PeerOverride { MaxBatchSize = 9 }));
            await AssertAllOfItAsync(silo);
        }

        await using (var silo = await TestSilo.StartAsync(_directory))
        {
            await AssertAllOfItAsync(silo);
        }

        async Task AssertAllOfItAsync(TestSilo silo)
        {
            Assert.Equal([1, 2], (await Policy(silo).ReadAsync(0, 10, default)).Select(e => e.Version));
            var state = await silo.Grains.GetGrain<IPeerGrain>("10.0.0.0/16").GetScopeAsync(default);
            Assert.Equal(
                [("", 7, 1L), ("127.0.0.1:0", 9, 2L)],
                state.OrderBy(s => s.Version).Select(s => (s.Listen, s.Override.MaxBatchSize!.Value, s.Version)));
            await Within.Becomes(() => Live(silo).Overrides.Version == 2, "the node goes by the second version");
            var effective = Live(silo).Evaluate("127.0.0.1:0", Peer("10.0.1.1"));
            Assert.Equal(new Effective<TimeSpan>(TimeSpan.FromSeconds(60), "ECStream_Listener::Peer:10.0.0.0/16: (override)"), effective.IdleTime);
            Assert.Equal(new Effective<int>(9, @"ECStream_Listener::Listen:127.0.0.1\:0:Peer:10.0.0.0/16: (override)"), effective.MaxBatchSize);
        }
    }

    [Fact]
    public async Task WhoGoesByAnOldVersion_IsToldWhatCameBetween_AndChangesNothing()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        await CommitAsync(silo, 0, ("", "10.0.0.1", new PeerOverride { MaxBatchSize = 5 }));
        await CommitAsync(silo, 0, ("", "10.0.0.2", new PeerOverride { MaxBatchSize = 6 }));

        var outcome = await Policy(silo).CommitAsync(Proposal(0, ("", "10.0.0.3", new PeerOverride { MaxBatchSize = 1 }), ("", "10.0.0.1", PeerOverride.None)), default);

        Assert.Null(outcome.Entry);
        Assert.Equal((1, 5), (outcome.Conflict!.Version, outcome.Conflict.Changes[0].After.MaxBatchSize!.Value));
        Assert.Equal(2, (await Policy(silo).ReadAsync(0, 10, default)).Count);
    }

    [Fact]
    public async Task TheSameProposalAgain_IsMadeOnce()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        var proposal = Proposal(0, ("", "10.0.0.1", new PeerOverride { MaxBatchSize = 5 }));

        var first = await Policy(silo).CommitAsync(proposal, default);
        var again = await Policy(silo).CommitAsync(proposal, default);
        await CommitAsync(silo, 1, ("", "10.0.0.2", new PeerOverride { MaxBatchSize = 6 }));
        var late = await Policy(silo).CommitAsync(proposal, default);

        Assert.All([again.Entry!.Version, late.Entry!.Version], v => Assert.Equal(first.Entry!.Version, v));
    }

    [Fact]
    public async Task AFaultyProposal_ChangesNothing_AndAllOfItIsNamed()
    {
        await using var silo = await TestSilo.StartAsync(_directory);

        var outcome = await Policy(silo).CommitAsync(
            Proposal(
                0,
                ("", "10.0.0.1", new PeerOverride { MaxBatchSize = 5 }),
                ("", "[::ffff:10.0.0.1]", new PeerOverride { MaxBatchSize = 0 }),
                ("nowhere", "10.0.0.2", PeerOverride.None),
                ("", "host.test", new PeerOverride { IdleTime = TimeSpan.FromSeconds(1), IdleTimeUntil = DateTimeOffset.UnixEpoch })),
            default);

        Assert.Null(outcome.Entry);
        Assert.Equal(5, outcome.Faults.Count);
        Assert.Contains("is there twice", outcome.Faults[0], StringComparison.Ordinal);
        Assert.Contains("at least 1 (messages), found '0'", outcome.Faults[1], StringComparison.Ordinal);
        Assert.Contains("has ended already", outcome.Faults[4], StringComparison.Ordinal);
        Assert.Empty(await Policy(silo).ReadAsync(0, 10, default));
    }

    [Fact]
    public async Task AChange_ReachesAnOpenSession_WithoutDroppingIt_AndTheAnswerSaysHowFarItCame()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync(RawClient.Package("before"));
        Assert.StartsWith("K", await client.ReadReplyAsync());

        var entry = await CommitAsync(silo, 0, ("", "127.0.0.0/8", new PeerOverride { MaxBatchSize = 1 }));
        var spread = await Policy(silo).AwaitSpreadAsync(entry.Version, TimeSpan.FromSeconds(10), default);

        Assert.Equal((1, 1), (spread.Confirmed, spread.Followers));
        Assert.NotNull(spread.Slowest);
        Assert.Empty(spread.Missing);
        await client.SendAsync([.. RawClient.Package("one"), .. RawClient.Package("two")]);
        Assert.All(await client.ReadRepliesAsync(2), r => Assert.EndsWith("-0", r));
        await CommitAsync(silo, 1, ("", "127.0.0.0/8", new PeerOverride { IdleTime = TimeSpan.FromSeconds(1) }));
        Assert.Empty(await client.ReadToEndAsync());
        await Within.Becomes(() => silo.Log.Has(LogLevel.Information, "ended: Idle"), "the session ends by the override's idle time");
    }

    [Fact]
    public async Task AnOverrideOfABlock_ReachesTheSessionsInsideIt_ButNotTheOneThatHasItsOwn_AndFallsBackAsTheOrderSays()
    {
        await using var silo = await TestSilo.StartAsync(
            _directory, """ECStream_Idle_Time = 100 ECStream_Listener { Peer "127.1.0.0/16" { ECStream_Max_Batch_Size = 3 } Listen "127.0.0.1:0" { ECStream_Idle_Time = 200 } }""");
        await CommitAsync(silo, 0, ("", "127.1.0.2", new PeerOverride { MaxBatchSize = 2 }));
        using var inside = await RawClient.ConnectAsync(silo.EndPoint, IPAddress.Parse("127.1.0.1"));
        using var own = await RawClient.ConnectAsync(silo.EndPoint, IPAddress.Parse("127.1.0.2"));
        using var outside = await RawClient.ConnectAsync(silo.EndPoint, IPAddress.Parse("127.2.0.1"));
        await AssertBatchesAsync(3, 2, 6);

        // One option each: the address's own batch size stands, and its idle time is the block's.
        await ChangeAsync(1, new PeerOverride { MaxBatchSize = 1, IdleTime = TimeSpan.FromSeconds(50) });
        await AssertBatchesAsync(1, 2, 6);
        Assert.Equal((50, 50, 200), (Idle("127.1.0.1"), Idle("127.1.0.2"), Idle("127.2.0.1")));

        // In the Listen goes before in the listener, however long the prefix there.
        await CommitAsync(silo, 2, ("127.0.0.1:0", "127.0.0.0/8", new PeerOverride { IdleTime = TimeSpan.FromSeconds(40) }));
        await HoldsAsync(silo, 3);
        Assert.Equal((40, 40, 40), (Idle("127.1.0.1"), Idle("127.1.0.2"), Idle("127.2.0.1")));

        // Unset: the file's value at the same block comes back, for the sessions that are open.
        await ChangeAsync(3, PeerOverride.None);
        await AssertBatchesAsync(3, 2, 6);

        async Task ChangeAsync(long version, PeerOverride value)
        {
            await CommitAsync(silo, version, ("", "127.1.0.0/16", value));
            await HoldsAsync(silo, version + 1);
        }

        double Idle(string address) => Live(silo).Evaluate("127.0.0.1:0", Peer(address)).IdleTime.Value.TotalSeconds;

        async Task AssertBatchesAsync(params int[] sizes)
        {
            byte[] packages = [.. Enumerable.Range(0, 6).SelectMany(i => RawClient.Package($"{i}"))];
            foreach (var (client, size) in new[] { inside, own, outside }.Zip(sizes))
            {
                await client.SendAsync(packages);
                var places = (await client.ReadRepliesAsync(6)).Select(reply => int.Parse(reply.Split('-')[^1]));
                Assert.Equal(Enumerable.Range(0, 6).Select(i => i % size), places);
            }
        }
    }

    [Fact]
    public async Task AChangeAtAnAddress_ReachesEverySessionOfIt_AlsoWhenOthersOfItHaveEnded_AndNoOther()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        var meant = IPAddress.Parse("127.1.0.1");
        using var first = await RawClient.ConnectAsync(silo.EndPoint, meant);
        using var second = await RawClient.ConnectAsync(silo.EndPoint, meant);
        using var other = await RawClient.ConnectAsync(silo.EndPoint, IPAddress.Parse("127.1.0.2"));
        using (var ended = await RawClient.ConnectAsync(silo.EndPoint, meant))
        {
            await AssertSecondPlaceAsync("1", first, second, ended, other);
        }

        await Within.Becomes(async () => (await silo.StatusAsync()).Sessions.Active == 3, "one session has ended");
        await ChangeAsync(0, 1);
        await AssertSecondPlaceAsync("0", first, second);
        await AssertSecondPlaceAsync("1", other);

        first.Dispose();
        await Within.Becomes(async () => (await silo.StatusAsync()).Sessions.Active == 2, "another session has ended");
        await ChangeAsync(1, 2);
        await AssertSecondPlaceAsync("1", second, other);

        async Task ChangeAsync(long version, int size)
        {
            await CommitAsync(silo, version, ("", "127.1.0.1", new PeerOverride { MaxBatchSize = size }));
            await HoldsAsync(silo, version + 1);
        }

        static async Task AssertSecondPlaceAsync(string place, params RawClient[] clients)
        {
            foreach (var client in clients)
            {
                await client.SendAsync([.. RawClient.Package("one"), .. RawClient.Package("two")]);
                Assert.EndsWith($"-{place}", (await client.ReadRepliesAsync(2))[1]);
            }
        }
    }

    [Fact]
    public async Task AChangeAtALoopbackAddress_ReachesTheSessionsOfTheUnixSockets()
    {
        var path = _directory.Sub("in.sock");
        await using var silo = await TestSilo.StartAsync(_directory, $$"""ECStream_Listener { Listen "127.0.0.1:0" { } Listen "{{path}}" { } }""");
        using var client = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await client.SendAsync([.. RawClient.Package("one"), .. RawClient.Package("two")]);
        Assert.EndsWith("-1", (await client.ReadRepliesAsync(2))[1]);

        await CommitAsync(silo, 0, ("", "127.0.0.1", new PeerOverride { MaxBatchSize = 1 }));
        await HoldsAsync(silo, 1);

        await client.SendAsync([.. RawClient.Package("three"), .. RawClient.Package("four")]);
        Assert.EndsWith("-0", (await client.ReadRepliesAsync(2))[1]);
    }

    [Fact]
    public async Task StatusAndMetrics_SayTheVersion_WhatBecameOfChanges_AndHowTheySpread()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        await CommitAsync(silo, 0, ("", "10.0.0.1", new PeerOverride { MaxBatchSize = 5 }));
        await Policy(silo).CommitAsync(Proposal(0, ("", "10.0.0.1", PeerOverride.None)), default);
        await Policy(silo).CommitAsync(Proposal(1, ("", "10.0.0.1", new PeerOverride { MaxBatchSize = 0 })), default);
        await Policy(silo).AwaitSpreadAsync(1, TimeSpan.FromSeconds(10), default);

        Assert.Equal(new PolicyReport(1, 1, null), (await silo.StatusAsync()).Policy);
        foreach (var (name, label, value) in new[]
        {
            ("ecstream_policy_version", "", 1), ("ecstream_policy_followers", "", 1), ("ecstream_policy_spread_seconds_count", "", 1),
            ("ecstream_policy_changes_total", "outcome=\"made\"", 1), ("ecstream_policy_changes_total", "outcome=\"conflict\"", 1), ("ecstream_policy_changes_total", "outcome=\"invalid\"", 1),
        })
        {
            await Within.Becomes(
                async () => (await silo.Admin.GetStringAsync("/metrics")).Split('\n').Any(line =>
                    line.StartsWith(name + "{", StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal) && line.Contains($"}} {value}", StringComparison.Ordinal)),
                $"{name} of {label} is {value}");
        }
    }

    [Fact]
    public async Task ANodeThatDoesNotConfirm_IsNamed()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        var deaf = new Deaf();
        await Policy(silo).FollowAsync("deaf", 0, silo.Grains.CreateObjectReference<IPolicyObserver>(deaf), default);
        var entry = await CommitAsync(silo, 0, ("", "10.0.0.1", new PeerOverride { MaxBatchSize = 5 }));

        var spread = await Policy(silo).AwaitSpreadAsync(entry.Version, TimeSpan.FromMilliseconds(200), default);

        Assert.Equal(["deaf"], spread.Missing);
        await Policy(silo).LeaveAsync("deaf", default);
        Assert.Empty((await Policy(silo).AwaitSpreadAsync(entry.Version, TimeSpan.FromSeconds(10), default)).Missing);
        GC.KeepAlive(deaf);
    }

    [Fact]
    public async Task ASuspendedPeer_IsPutOffWithTheReason_AndResumesInTheSameSession()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync(RawClient.Package("before"));
        Assert.StartsWith("K", await client.ReadReplyAsync());
        await CommitAsync(silo, 0, ("", "127.0.0.1", new PeerOverride { Suspended = true, SuspendedReason = "abuse" }));
        await HoldsAsync(silo, 1);

        await client.SendAsync(RawClient.Package("while suspended"));
        Assert.StartsWith("Z4.3.2 peer 127.0.0.1 is suspended: abuse (ECStream_Listener::Peer:127.0.0.1: (override))", await client.ReadReplyAsync());

        await CommitAsync(silo, 1, ("", "127.0.0.1", PeerOverride.None));
        await HoldsAsync(silo, 2);
        await client.SendAsync(RawClient.Package("behind it"));
        Assert.StartsWith("K", await client.ReadReplyAsync());
    }

    [Fact]
    public async Task AWriterThatDied_BetweenLogAndState_IsMadeGoodByTheNextStart()
    {
        await using (var silo = await TestSilo.StartAsync(_directory))
        {
            await CommitAsync(silo, 0, ("", "10.0.0.1", new PeerOverride { MaxBatchSize = 5 }));
        }

        var log = new SqlitePolicyLog(new SqliteFile(Path.Combine(_directory.Sub("data"), "state.db")));
        var change = new PolicyChange("", "10.0.0.1", new PeerOverride { MaxBatchSize = 5 }, new PeerOverride { MaxBatchSize = 6 });
        Assert.True(await log.TryAppendAsync(new PolicyEntry(2, Guid.NewGuid(), DateTimeOffset.UnixEpoch, "dead", "api", "", [change]), default));

        await using (var silo = await TestSilo.StartAsync(_directory))
        {
            await Within.Becomes(
                async () => (await silo.Grains.GetGrain<IPeerGrain>("10.0.0.1").GetScopeAsync(default)).SingleOrDefault() is { Version: 2, Override.MaxBatchSize: 6 },
                "the state follows the log");
            Assert.Equal(2, Live(silo).Overrides.Version);
        }
    }

    internal static IPolicyGrain Policy(TestSilo silo) => silo.Grains.GetGrain<IPolicyGrain>(0);

    internal static PolicyProposal Proposal(long baseVersion, params (string Listen, string Block, PeerOverride After)[] changes) =>
        new(Guid.NewGuid(), baseVersion, "tester", "api", "because", [.. changes.Select(c => new ProposedChange(c.Listen, c.Block, c.After))]);

    internal static async Task<PolicyEntry> CommitAsync(TestSilo silo, long baseVersion, params (string Listen, string Block, PeerOverride After)[] changes)
    {
        var outcome = await Policy(silo).CommitAsync(Proposal(baseVersion, changes), default);
        Assert.True(outcome.Entry is not null, $"{outcome.Conflict} {string.Join('\n', outcome.Faults)}");
        return outcome.Entry;
    }

    /// <summary>The sessions go by a version: only behind them the node confirms it.</summary>
    private static async Task HoldsAsync(TestSilo silo, long version) =>
        Assert.Empty((await Policy(silo).AwaitSpreadAsync(version, TimeSpan.FromSeconds(10), default)).Missing);

    private static LivePolicy Live(TestSilo silo) => silo.Services.GetRequiredService<LivePolicy>();

    private static PeerId Peer(string address)
    {
        Assert.True(PeerId.TryParse(address, out var peer));
        return peer;
    }

    private sealed class Deaf : IPolicyObserver
    {
        public ValueTask PushAsync(IReadOnlyList<PolicyEntry> entries) => default;
    }
}
