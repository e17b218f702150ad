using EcStreamOrleans.Grains;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace EcStreamOrleans.Grid.Tests.Grains;

/// <summary>
/// A fault at each write of a change: of three scopes it is four, the log's and three states'. Afterwards log and states agree, and the change is
/// there once or not at all.
/// </summary>
public sealed class PolicyCrashTests : IDisposable
{
    private static readonly string[] Blocks = ["10.0.0.0/16", "10.0.0.1", "10.0.0.2"];

    private readonly TempDirectory _directory = new();
    private readonly FaultyStore _store = new();

    public static TheoryData<int, Fault> EveryWrite => Matrix(Enumerable.Range(1, 4), [Fault.DiesBefore, Fault.DiesBehind]);

    public static TheoryData<int, Fault> EveryFailure => Matrix(Enumerable.Range(1, 4), [Fault.FailsBefore, Fault.FailsBehind]);

    public static TheoryData<int, Fault> EveryHang => Matrix([1, 3], [Fault.HangsBefore, Fault.HangsBehind]);

    public void Dispose()
    {
        _store.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [MemberData(nameof(EveryWrite))]
    public async Task WhereverTheProcessEnds_TheNextOneHasAllOfTheChange_OrNone(int write, Fault fault)
    {
        var change = Change(0, 5);
        await using (var silo = await StartAsync())
        {
            _store.Arm(write, fault);
            await Assert.ThrowsAnyAsync<Exception>(async () => await PolicyTests.Policy(silo).CommitAsync(change, default));
        }

        _store.Heal();
        await using (var silo = await StartAsync())
        {
            await AssertAgreementAsync(silo, write == 1 && fault == Fault.DiesBefore ? 0 : 1);

            // Whoever was not answered asks again.
            var again = await PolicyTests.Policy(silo).CommitAsync(change, default);
            Assert.Equal((1, change.Id), (again.Entry!.Version, again.Entry.Id));
            await AssertAgreementAsync(silo, 1);
        }
    }

    [Theory]
    [MemberData(nameof(EveryFailure))]
    [MemberData(nameof(EveryHang))]
    public async Task WhicheverWriteFails_OrIsNeverAnswered_TheSameProposalAgainIsMadeOnce(int write, Fault fault)
    {
        await using var silo = await StartAsync();
        _store.Arm(write, fault);
        var change = Change(0, 5);
        await Assert.ThrowsAnyAsync<Exception>(async () => await PolicyTests.Policy(silo).CommitAsync(change, default));

        var again = await PolicyTests.Policy(silo).CommitAsync(change, default);

        Assert.Equal((1, change.Id), (again.Entry!.Version, again.Entry.Id));
        await AssertAgreementAsync(silo, 1);
        await Within.Becomes(() => Version(silo) == 1, "the node goes by it");
    }

    [Fact]
    public async Task AStateThatWasNotWritten_IsMadeGoodWithoutAnotherChange()
    {
        await using var silo = await StartAsync();
        _store.Arm(3, Fault.FailsBefore);
        await Assert.ThrowsAnyAsync<Exception>(async () => await PolicyTests.Policy(silo).CommitAsync(Change(0, 5), default));

        await Within.Becomes(
            async () => (await Task.WhenAll(Blocks.Select(block => StateAsync(silo, block)))).All(state => state.SingleOrDefault()?.Version == 1),
            "every state has the change");
    }

    [Fact]
    public async Task AnAppendInDoubt_HoldsUpNobody_WhileSomebodyWaitsForTheNodes()
    {
        await using var silo = await StartAsync();
        var deaf = new Deaf();
        await PolicyTests.Policy(silo).FollowAsync("deaf", 0, silo.Grains.CreateObjectReference<IPolicyObserver>(deaf), default);
        var waiting = PolicyTests.Policy(silo).AwaitSpreadAsync(1, TimeSpan.FromSeconds(10), default).AsTask();
        _store.Arm(1, Fault.FailsBefore);
        await Assert.ThrowsAnyAsync<Exception>(async () => await PolicyTests.Policy(silo).CommitAsync(Change(0, 5), default));

        await PolicyTests.CommitAsync(silo, 0, ("", Blocks[0], new PeerOverride { MaxBatchSize = 6 }));

        Assert.False(waiting.IsCompleted, "the change has waited for the one who waits");
        await PolicyTests.Policy(silo).LeaveAsync("deaf", default);
        Assert.Equal(1, (await waiting).Confirmed);
        GC.KeepAlive(deaf);
    }

    [Fact]
    public async Task AProposalInDoubt_IsAnsweredWithItsEntry_ThoughAnotherHasChangedTheScopeSince_AndItsTimeIsOver()
    {
        var clock = new ShiftedClock();
        await using var silo = await StartAsync(services => services.AddSingleton<TimeProvider>(clock));
        _store.Arm(1, Fault.FailsBehind);
        var doubtful = PolicyTests.Proposal(0, ("", Blocks[0], new PeerOverride { MaxBatchSize = 5, MaxBatchSizeUntil = clock.GetUtcNow() + TimeSpan.FromHours(1) }));
        await Assert.ThrowsAnyAsync<Exception>(async () => await PolicyTests.Policy(silo).CommitAsync(doubtful, default));
        await PolicyTests.CommitAsync(silo, 1, ("", Blocks[0], new PeerOverride { MaxBatchSize = 6 }));
        clock.Shift = TimeSpan.FromHours(2);

        var again = await PolicyTests.Policy(silo).CommitAsync(doubtful, default);

        Assert.Equal((1, doubtful.Id), (again.Entry?.Version, again.Entry?.Id));
        Assert.Equal(2, (await PolicyTests.Policy(silo).ReadAsync(0, 10, default)).Count);
    }

    [Fact]
    public async Task AClockSetBack_LeavesTheLogsInstantsInOrder()
    {
        var clock = new ShiftedClock();
        await using var silo = await StartAsync(services => services.AddSingleton<TimeProvider>(clock));
        foreach (var (hours, version) in new[] { (0, 0), (1, 1), (0, 2), (-1, 3), (2, 4) })
        {
            clock.Shift = TimeSpan.FromHours(hours);
            await PolicyTests.CommitAsync(silo, version, ("", Blocks[0], new PeerOverride { MaxBatchSize = version + 1 }));
        }

        var instants = (await PolicyTests.Policy(silo).ReadAsync(0, 10, default)).Select(entry => entry.Instant).ToList();

        Assert.Equal(5, instants.Count);
        Assert.Equal(instants.Order(), instants);
        Assert.InRange(instants[4] - instants[3], TimeSpan.FromMinutes(50), TimeSpan.FromMinutes(61));
    }

    [Fact]
    public async Task ACallerThatGoesAway_LeavesNothingHalfDone()
    {
        await using var silo = await StartAsync();
        _store.Arm(3, Fault.HangsBefore);
        using var gone = new CancellationTokenSource();
        var asking = PolicyTests.Policy(silo).CommitAsync(Change(0, 5), gone.Token).AsTask();
        await _store.Struck;
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => asking);

        await PolicyTests.CommitAsync(silo, 1, ("", Blocks[0], new PeerOverride { MaxBatchSize = 6 }));

        await AssertAgreementAsync(silo, 2);
    }

    private Task<TestSilo> StartAsync(Action<IServiceCollection>? more = null) => TestSilo.StartAsync(_directory, services: services =>
    {
        _store.AddTo(services);
        more?.Invoke(services);
    });

    private static PolicyProposal Change(long baseVersion, int size) =>
        PolicyTests.Proposal(baseVersion, [.. Blocks.Select(block => ("", block, new PeerOverride { MaxBatchSize = size }))]);

    private static long Version(TestSilo silo) => silo.Services.GetRequiredService<LivePolicy>().Overrides.Version;

    private static async Task<IReadOnlyList<ScopeState>> StateAsync(TestSilo silo, string block) => await silo.Grains.GetGrain<IPeerGrain>(block).GetScopeAsync(default);

    private static async Task AssertAgreementAsync(TestSilo silo, long version)
    {
        var entries = await PolicyTests.Policy(silo).ReadAsync(0, 10, default);
        Assert.Equal(Enumerable.Range(1, (int)version).Select(v => (long)v), entries.Select(e => e.Version));
        foreach (var block in Blocks)
        {
            var last = entries.LastOrDefault(e => e.Changes.Any(c => c.Block == block));
            Assert.Equal(
                last is null ? [] : [new ScopeState("", last.Changes.Single(c => c.Block == block).After, last.Version)],
                await StateAsync(silo, block));
        }
    }

    private static TheoryData<int, Fault> Matrix(IEnumerable<int> writes, Fault[] faults)
    {
        var data = new TheoryData<int, Fault>();
        foreach (var write in writes)
        {
            foreach (var fault in faults)
            {
                data.Add(write, fault);
            }
        }

        return data;
    }

    private sealed class Deaf : IPolicyObserver
    {
        public ValueTask PushAsync(IReadOnlyList<PolicyEntry> entries) => default;
    }
}
