using System.Collections.Concurrent;
using System.Net;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Grid.Tests.Admin;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace EcStreamOrleans.Grid.Tests.Grains;

/// <summary>Two clusters on one policy store: here, on one SQLite file.</summary>
public sealed class PolicyClustersTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private TestSilo _here = null!;
    private TestSilo _there = null!;

    public async Task InitializeAsync()
    {
        _here = await StartAsync("here");
        _there = await StartAsync("there");
    }

    public async Task DisposeAsync()
    {
        await _here.DisposeAsync();
        await _there.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task AChangeOfAnotherCluster_IsInEffectHere_AndWhoReadsTheScopeCanChangeIt()
    {
        await PolicyTests.CommitAsync(_here, 0, ("", "10.0.0.1", new PeerOverride { MaxBatchSize = 5 }));
        Assert.Equal("\"1\"", (await _there.Admin.CallAsync("GET", "policy/overrides/10.0.0.1")).ETag);
        Assert.Equal("\"1\"", (await _here.Admin.CallAsync("GET", "policy/overrides/10.0.0.1")).ETag);

        Assert.Equal(HttpStatusCode.OK, (await _there.Admin.PutAsync("10.0.0.1", """{"maxBatchSize":6}""", 1)).Status);

        // Nothing but its own poll tells the grain of this cluster.
        await Within.Becomes(() => Live(_here).Overrides is { Version: 2 } set && set.Entries.Single().Value.MaxBatchSize == 6, "the other cluster's change is in effect");
        Assert.Equal("\"2\"", (await _here.Admin.CallAsync("GET", "policy/overrides/10.0.0.1")).ETag);
        Assert.Equal(HttpStatusCode.OK, (await _here.Admin.PutAsync("10.0.0.1", """{"maxBatchSize":7}""", 2)).Status);
        await Within.Becomes(() => Live(_there).Overrides.Version == 3, "and so is this one's there");
    }

    [Fact]
    public Task BothChangeAtOnce_EveryAnsweredChangeIsThereOnce_AndBothFollow() => Seeded.RunAsync(20261122, async random =>
    {
        var answered = new ConcurrentDictionary<string, long>();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(writer => WriteAsync(writer % 2 == 0 ? _here : _there, writer, new Random(random.Next()), answered)));

        var entries = await PolicyTests.Policy(_here).ReadAsync(0, 1_000, default);
        Assert.Equal(Enumerable.Range(1, entries.Count).Select(v => (long)v), entries.Select(e => e.Version));
        Assert.Equal(answered.OrderBy(a => a.Value), entries.Select(e => KeyValuePair.Create(e.Reason, e.Version)));
        var replayed = PolicyReplay.Apply(OverrideSet.Empty, entries, out var scopes);
        foreach (var silo in new[] { _here, _there })
        {
            await Within.Becomes(() => Live(silo).Overrides.Version == entries[^1].Version, "both follow to the end");
            Assert.Equal(Sorted(replayed), Sorted(Live(silo).Overrides));
            foreach (var scope in scopes)
            {
                Assert.Equal(replayed.Get(scope), Assert.Single(await silo.Grains.GetGrain<IPeerGrain>(scope.Block.ToString()).GetScopeAsync(default)).Override);
            }
        }
    });

    // Few scopes for many writers: they meet in the log, in the states, and now and then at a version.
    private static async Task WriteAsync(TestSilo silo, int writer, Random random, ConcurrentDictionary<string, long> answered)
    {
        for (var i = 0; i < 25; i++)
        {
            var reason = $"{writer}-{i}";
            PolicyOutcome outcome;
            do
            {
                var scopes = Enumerable.Range(0, random.Next(1, 3)).Select(_ => $"10.0.0.{random.Next(1, 5)}").Distinct().ToArray();
                var states = await Task.WhenAll(scopes.Select(scope => silo.Grains.GetGrain<IPeerGrain>(scope).GetScopeAsync(default).AsTask()));
                var proposal = PolicyTests.Proposal(
                    states.SelectMany(state => state).Select(state => state.Version).DefaultIfEmpty().Min(),
                    [.. scopes.Select(scope => ("", scope, new PeerOverride { MaxBatchSize = random.Next(1, 1_000) }))]) with
                {
                    Reason = reason,
                };
                outcome = await PolicyTests.Policy(silo).CommitAsync(proposal, default);
            }
            while (outcome.Conflict is not null);
            Assert.True(answered.TryAdd(reason, outcome.Entry!.Version));
        }
    }

    private static KeyValuePair<PeerScope, PeerOverride>[] Sorted(OverrideSet set) => [.. set.Entries.OrderBy(e => e.Key, PeerScope.Order)];

    private static LivePolicy Live(TestSilo silo) => silo.Services.GetRequiredService<LivePolicy>();

    private Task<TestSilo> StartAsync(string cluster) => TestSilo.StartAsync(_directory, settings: grid =>
    {
        grid.ClusterId = cluster;
        grid.Spool.Directory = _directory.Sub($"spool-{cluster}");
    });
}
