using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace EcStreamOrleans.Grid.Tests.Grains;

public sealed class PolicyFollowerTests : IAsyncLifetime
{
    private readonly JumpingClock _clock = new();
    private readonly Grid _grid = new();
    private readonly LivePolicy _policy;
    private readonly PolicyFollower _follower;

    public PolicyFollowerTests()
    {
        var file = ConfigurationLoader.Parse("ECStream_Listener { Listen \":1825\" { } }", "f");
        _policy = new LivePolicy(new LiveConfiguration(new LoadedConfiguration(file.Configuration!, file.Document!, 1)));
        _follower = new PolicyFollower(_policy, () => _grid, observer => observer, _clock, NullLogger.Instance);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _follower.StopAsync(default);
        _follower.Dispose();
    }

    [Fact]
    public async Task AnOverride_EndsOnTime_WithoutAWordFromTheGrid()
    {
        var end = _clock.GetUtcNow() + TimeSpan.FromHours(3);
        _grid.Add("10.0.0.1", new PeerOverride { MaxBatchSize = 5, MaxBatchSizeUntil = end, IdleTime = TimeSpan.FromSeconds(7) });
        await StartAsync();
        _grid.IsCutOff = true;

        _clock.Advance(TimeSpan.FromHours(3) - TimeSpan.FromTicks(1));
        Assert.Equal(5, Set.MaxBatchSize);
        _clock.Advance(TimeSpan.FromTicks(1));

        await BecomesAsync(() => Set.MaxBatchSize is null, "the override ends");
        Assert.Equal(TimeSpan.FromSeconds(7), Set.IdleTime);
        Assert.Equal(1, _policy.Overrides.Version);
    }

    [Fact]
    public async Task WhatEndedLongAgo_NeverComesIntoEffect()
    {
        _grid.Add("10.0.0.1", new PeerOverride { MaxBatchSize = 5, MaxBatchSizeUntil = _clock.GetUtcNow() });
        await StartAsync();

        Assert.Equal((1, 0), (_policy.Overrides.Version, _policy.Overrides.Count));
    }

    [Fact]
    public async Task SeveralOverrides_EndEachInItsTurn_AlsoTwoOptionsOfOneScope()
    {
        var start = _clock.GetUtcNow();
        _grid.Add("10.0.0.1", new PeerOverride { MaxBatchSize = 5, MaxBatchSizeUntil = start.AddHours(3), IdleTime = TimeSpan.FromSeconds(7), IdleTimeUntil = start.AddHours(1) });
        _grid.Add("10.0.0.2", new PeerOverride { Suspended = true, SuspendedReason = "x", SuspendedUntil = start.AddHours(2) });
        _grid.Add("10.0.0.3", new PeerOverride { MaxBatchSize = 6, MaxBatchSizeUntil = start.AddHours(2) });
        await StartAsync();
        var ended = new List<string>();
        _policy.Changed += scopes => ended.AddRange(scopes.Select(scope => $"{(_clock.GetUtcNow() - start).TotalHours:0} {scope.Block}").Order());

        foreach (var (hour, left) in new[] { (1, 3), (2, 1), (3, 0) })
        {
            _clock.Advance(start.AddHours(hour) - _clock.GetUtcNow());
            await Within.Becomes(() => _policy.Overrides.NextExpiry != start.AddHours(hour), $"what ends after {hour} hours ends");
            Assert.Equal(left, _policy.Overrides.Count);
        }

        Assert.Equal(["1 10.0.0.1", "2 10.0.0.2", "2 10.0.0.3", "3 10.0.0.1"], ended);
    }

    [Fact]
    public async Task AnOverrideThatWasReplaced_DoesNotTakeItsSuccessorWithIt()
    {
        var start = _clock.GetUtcNow();
        _grid.Add("10.0.0.1", new PeerOverride { MaxBatchSize = 5, MaxBatchSizeUntil = start.AddHours(1) });
        _grid.Add("10.0.0.2", new PeerOverride { MaxBatchSize = 5, MaxBatchSizeUntil = start.AddHours(2) });
        await StartAsync();

        await _grid.PushAsync(_grid.Add("10.0.0.1", new PeerOverride { MaxBatchSize = 6, MaxBatchSizeUntil = start.AddHours(3) }));
        await Within.Becomes(() => Set.MaxBatchSize == 6, "the successor is in effect");
        _clock.Advance(TimeSpan.FromHours(2));
        await Within.Becomes(() => _policy.Overrides.Count == 1, "what ends after two hours ends");

        Assert.Equal(6, Set.MaxBatchSize);
        Assert.Equal(start.AddHours(3), _policy.Overrides.NextExpiry);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhileTheGridDoesNotAnswer_WhatEndsEndsOnTime(bool isPushed)
    {
        var end = _clock.GetUtcNow().AddHours(1);
        _grid.Add("10.0.0.1", new PeerOverride { MaxBatchSize = 5, MaxBatchSizeUntil = end });
        await StartAsync();
        _grid.IsSilent = true;
        if (isPushed)
        {
            await _grid.PushAsync(_grid.Add("10.0.0.2", new PeerOverride { MaxBatchSize = 6 }));
        }

        await BecomesAsync(() => _grid.Unanswered == 1, "the follower waits for an answer");
        _clock.Advance(end - _clock.GetUtcNow());

        await Within.Becomes(() => Set.MaxBatchSize is null, "the override ends");
        Assert.Equal(1, _grid.Unanswered);
    }

    [Fact]
    public async Task APush_IsTakenAndConfirmed_AndTheScopesAreNamed()
    {
        await StartAsync();
        var changed = new TaskCompletionSource<IReadOnlyCollection<PeerScope>>();
        _policy.Changed += changed.SetResult;

        await _grid.PushAsync(_grid.Add("10.0.0.1", new PeerOverride { MaxBatchSize = 5 }));

        Assert.Equal("10.0.0.1", Assert.Single(await Within.PatienceOf(changed.Task, "the change is told")).Block.ToString());
        await Within.Becomes(() => _grid.Confirmed == 1, "the version is confirmed");
    }

    [Fact]
    public async Task APushBehindAGap_MakesTheFollowerAsk()
    {
        await StartAsync();
        _grid.Add("10.0.0.1", new PeerOverride { MaxBatchSize = 5 });

        await _grid.PushAsync(_grid.Add("10.0.0.2", new PeerOverride { MaxBatchSize = 6 }));

        await Within.Becomes(() => _policy.Overrides.Version == 2, "both changes are known");
        Assert.Equal(5, Set.MaxBatchSize);
    }

    [Fact]
    public async Task APushThatWasLost_IsMadeGood_ByTheNextCall_OrByAVersionSeenSomewhere()
    {
        await StartAsync();
        _grid.Add("10.0.0.1", new PeerOverride { MaxBatchSize = 5 });
        _follower.Saw(1);
        await Within.Becomes(() => _policy.Overrides.Version == 1, "the version that was seen is fetched");

        _grid.Add("10.0.0.1", new PeerOverride { MaxBatchSize = 6 });
        await BecomesAsync(() => Set.MaxBatchSize == 6, "the next call fetches it");
    }

    [Fact]
    public async Task AClockSetBack_DoesNotKeepItFromAsking()
    {
        await StartAsync();
        _clock.Shift = TimeSpan.FromHours(-2);
        _grid.Add("10.0.0.1", new PeerOverride { MaxBatchSize = 5 });

        // Far less than two hours of the clock's own time.
        await BecomesAsync(() => Set.MaxBatchSize == 5, "the next call fetches it");
    }

    [Fact]
    public async Task CutOff_ItGoesOnWithWhatItKnows_SaysSo_AndCatchesUp()
    {
        _grid.Add("10.0.0.1", new PeerOverride { MaxBatchSize = 5 });
        await StartAsync();
        _grid.IsCutOff = true;
        await BecomesAsync(() => _follower.Trouble is not null, "the follower says that it is cut off");
        Assert.Equal(5, Set.MaxBatchSize);
        Assert.True(_follower.HasBeenInStep);

        _grid.Add("10.0.0.1", PeerOverride.None);
        _grid.IsCutOff = false;

        await BecomesAsync(() => _policy.Overrides.Version == 2 && _follower.Trouble is null, "the follower catches up");
        Assert.Equal(0, _policy.Overrides.Count);
    }

    [Fact]
    public async Task AGrainWithoutItsStore_IsFollowed_AndItsTroubleIsTold()
    {
        _grid.Add("10.0.0.1", new PeerOverride { MaxBatchSize = 5 });
        _grid.Trouble = "the policy's store fails: gone.";
        await StartAsync();
        Assert.Equal((5, _grid.Trouble), (Set.MaxBatchSize, _follower.Trouble));
        Assert.True(_follower.HasBeenInStep);

        _grid.Trouble = null;
        await BecomesAsync(() => _follower.Trouble is null, "the store is back");
        _grid.Trouble = "again";
        await BecomesAsync(() => _follower.Trouble == "again", "and away again");
    }

    [Fact]
    public async Task ALongLog_IsReadInPages()
    {
        for (var i = 0; i < 2_500; i++)
        {
            _grid.Add($"10.0.{i >> 8}.{i & 255}", new PeerOverride { MaxBatchSize = i + 1 });
        }

        await StartAsync();

        Assert.Equal((2_500, 2_500L), (_policy.Overrides.Count, _policy.Overrides.Version));
    }

    private PeerOverride Set => _policy.Overrides.Get(Scope("10.0.0.1"));

    private Task StartAsync() => Within.PatienceOf(_follower.StartAsync(default), "the follower is in step");

    // The follower's waits end by the fake clock alone, whenever it comes to begin them.
    private Task BecomesAsync(Func<bool> question, string what) => Within.Becomes(
        () =>
        {
            if (question())
            {
                return true;
            }

            _clock.Advance(TimeSpan.FromSeconds(1));
            return false;
        },
        what);

    private static PeerScope Scope(string block)
    {
        Assert.True(PeerScope.TryParse("", block, out var scope, out _));
        return scope;
    }

    /// <summary>A log without a grid, that can be cut off.</summary>
    private sealed class Grid : IPolicyGrain
    {
        private readonly List<PolicyEntry> _entries = [];
        private IPolicyObserver? _observer;

        public bool IsCutOff { get; set; }

        /// <summary>Calls are never answered.</summary>
        public bool IsSilent { get; set; }

        public int Unanswered { get; private set; }

        public long Confirmed { get; private set; } = -1;

        public PolicyEntry Add(string block, PeerOverride after)
        {
            lock (_entries)
            {
                var entry = new PolicyEntry(_entries.Count + 1, Guid.NewGuid(), default, "t", "api", "", [new PolicyChange("", block, PeerOverride.None, after)]);
                _entries.Add(entry);
                return entry;
            }
        }

        public ValueTask PushAsync(PolicyEntry entry) => _observer!.PushAsync([entry]);

        public ValueTask<IReadOnlyList<PolicyEntry>> ReadAsync(long afterVersion, int limit, CancellationToken cancellationToken)
        {
            Check();
            lock (_entries)
            {
                return new([.. _entries.Skip((int)afterVersion).Take(limit)]);
            }
        }

        public async ValueTask<long> FollowAsync(string node, long version, IPolicyObserver observer, CancellationToken cancellationToken)
        {
            Check();
            await AnswerAsync(cancellationToken);
            _observer = observer;
            Confirmed = version;
            lock (_entries)
            {
                return _entries.Count;
            }
        }

        public async ValueTask ConfirmAsync(string node, long version, CancellationToken cancellationToken)
        {
            Check();
            await AnswerAsync(cancellationToken);
            Confirmed = version;
        }

        public string? Trouble { get; set; }

        public ValueTask<string?> GetTroubleAsync(CancellationToken cancellationToken) => new(Trouble);

        public ValueTask LeaveAsync(string node, CancellationToken cancellationToken) => default;

        public ValueTask<PolicyOutcome> CommitAsync(PolicyProposal proposal, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<PolicySpread> AwaitSpreadAsync(long version, TimeSpan patience, CancellationToken cancellationToken) => throw new NotSupportedException();

        private async ValueTask AnswerAsync(CancellationToken cancellationToken)
        {
            if (IsSilent)
            {
                Unanswered++;
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }
        }

        private void Check()
        {
            if (IsCutOff)
            {
                throw new TimeoutException("cut off");
            }
        }
    }
}
