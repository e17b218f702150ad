using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grains.Policy;

/// <summary>
/// See <see cref="IPolicyGrain"/>. The log is written first and is the truth; then each scope's grain takes its part over. Entries are
/// made one by one, each only when the one before is in every state: behind a crash no more than the last can be missing there, and
/// whoever goes on takes it over first.
/// </summary>
internal sealed partial class PolicyGrain(
    IPolicyLog log, PolicyOptions options, PolicyInstruments instruments, TimeProvider clock, ILogger<PolicyGrain> logger) : Grain, IPolicyGrain
{
    /// <summary>Entries read at once.</summary>
    public const int PageSize = 1_000;

    /// <summary>Entries of the log that the grain reads at once: a long log is replayed in fewer, dearer steps. They go over no wire.</summary>
    private const int LogPageSize = 10 * PageSize;

    /// <summary>Scopes whose grains are asked at once: the call to the last of them must not wait for thousands of others.</summary>
    private const int ScopesAtOnce = 500;

    /// <summary>Versions whose way to the nodes is timed.</summary>
    private const int RecentVersions = 256;

    /// <summary>Proposals that are known again: somebody in doubt asks within seconds, and so many changes take half a minute.</summary>
    private const int RememberedProposals = 10_000;

    private static readonly TimeSpan MaxPatience = TimeSpan.FromSeconds(10);

    /// <summary>How long the log may take. It keeps the call below its own time, so that the caller hears of it and asks again.</summary>
    private static readonly TimeSpan LogPatience = TimeSpan.FromSeconds(5);

    private readonly Dictionary<PeerScope, long> _versions = [];
    private readonly Dictionary<string, Follower> _followers = new(StringComparer.Ordinal);
    private readonly List<Waiter> _waiters = [];
    private readonly Queue<Spread> _recent = new();
    private readonly Dictionary<Guid, long> _made = [];
    private readonly Queue<Guid> _madeInOrder = new();
    private OverrideSet _set = OverrideSet.Empty;
    private PolicyEntry? _last;
    private bool _isLastApplied;
    private bool _isAppendInDoubt;
    private string? _trouble;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await CatchUpAsync(cancellationToken);
        this.RegisterGrainTimer(PollAsync, new GrainTimerCreationOptions { DueTime = options.PollPeriod, Period = options.PollPeriod });

        // A state that cannot be written keeps nobody from following the log: the poll tries again.
        await PollAsync(cancellationToken);
    }

    public async ValueTask<PolicyOutcome> CommitAsync(PolicyProposal proposal, CancellationToken cancellationToken)
    {
        var before = _set.Version;
        try
        {
            // A caller who goes away takes nothing back.
            var outcome = await MakeAsync(proposal);
            instruments.Proposed(outcome.Entry is not null ? "made" : outcome.Conflict is not null ? "conflict" : "invalid");
            return outcome;
        }
        catch (Exception error)
        {
            // Appended, and perhaps not in every state; or perhaps appended.
            var isInDoubt = _isAppendInDoubt || (_set.Version > before && _made.ContainsKey(proposal.Id));
            instruments.Proposed("failed");
            LogNotMade(error, _set.Version);
            throw PolicyStoreException.NotChanged(error, isInDoubt, _set.Version);
        }
    }

    public async ValueTask<IReadOnlyList<PolicyEntry>> ReadAsync(long afterVersion, int limit, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadLogAsync(afterVersion, Math.Clamp(limit, 1, PageSize), cancellationToken);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            throw PolicyStoreException.NotRead(error);
        }
    }

    public ValueTask<long> FollowAsync(string node, long version, IPolicyObserver observer, CancellationToken cancellationToken)
    {
        if (!_followers.TryGetValue(node, out var follower))
        {
            follower = new Follower(node);
            _followers.Add(node, follower);
        }

        follower.Observer = observer;
        follower.SeenAt = clock.GetTimestamp();
        Confirm(follower, version);
        return new(_set.Version);
    }

    public ValueTask<string?> GetTroubleAsync(CancellationToken cancellationToken) => new(_trouble);

    public ValueTask ConfirmAsync(string node, long version, CancellationToken cancellationToken)
    {
        if (_followers.TryGetValue(node, out var follower))
        {
            Confirm(follower, version);
        }

        return default;
    }

    public ValueTask LeaveAsync(string node, CancellationToken cancellationToken)
    {
        _followers.Remove(node);
        NoteProgress();
        return default;
    }

    public async ValueTask<PolicySpread> AwaitSpreadAsync(long version, TimeSpan patience, CancellationToken cancellationToken)
    {
        DropSilent();
        if (_followers.Values.Any(f => f.Version < version))
        {
            var waiter = new Waiter(version);
            _waiters.Add(waiter);
            try
            {
                await waiter.Done.Task.WaitAsync(patience < MaxPatience ? patience : MaxPatience, clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                // The answer names who is missing.
            }
            finally
            {
                _waiters.Remove(waiter);
            }
        }

        return new PolicySpread(
            version,
            _followers.Count,
            _followers.Values.Count(f => f.Version >= version),
            _recent.FirstOrDefault(spread => spread.Version == version)?.Slowest,
            [.. _followers.Values.Where(f => f.Version < version).Select(f => f.Node).Order(StringComparer.Ordinal)]);
    }

    private async ValueTask<PolicyOutcome> MakeAsync(PolicyProposal proposal)
    {
        if (_isAppendInDoubt || _trouble is not null)
        {
            // A store that is known to be away is not written to: then it is sure that nothing was changed.
            await CatchUpAsync(CancellationToken.None);
        }

        while (true)
        {
            // Each entry is made when the one before is in every state, also one of another cluster, whose writer may have died.
            await ApplyLastAsync();

            // Before all else: what was made stays made, whatever has come since.
            if (_made.TryGetValue(proposal.Id, out var made))
            {
                return new PolicyOutcome(await ReadEntryAsync(made), null, []);
            }

            var faults = new List<string>();
            var changes = Check(proposal, faults);
            if (faults.Count > 0)
            {
                return new PolicyOutcome(null, null, faults);
            }

            if (await FindConflictAsync(proposal, changes.Keys) is { } conflict)
            {
                return new PolicyOutcome(null, conflict, []);
            }

            _set = _set.At(clock.GetUtcNow(), out _);
            var entry = new PolicyEntry(
                _set.Version + 1,
                proposal.Id,
                InstantOfNext(),
                proposal.Actor,
                proposal.Source,
                proposal.Reason,
                [.. changes.Select(c => new PolicyChange(c.Key.Listen, c.Key.Block.ToString(), _set.Get(c.Key), c.Value))]);
            if (await TryAppendAsync(entry))
            {
                TakeAll([entry]);
                Push([entry]);
                await ApplyLastAsync();
                return new PolicyOutcome(entry, null, []);
            }

            await CatchUpAsync(CancellationToken.None);
        }
    }

    /// <summary>Who asks what held at an instant goes by the entries' instants: they stay in order where a clock goes back, or another silo's is behind.</summary>
    private DateTimeOffset InstantOfNext() => _last is { } last && last.Instant > clock.GetUtcNow() ? last.Instant : clock.GetUtcNow();

    private Dictionary<PeerScope, PeerOverride> Check(PolicyProposal proposal, List<string> faults)
    {
        var changes = new Dictionary<PeerScope, PeerOverride>();
        if (proposal.Changes.Count is 0 or > PolicyProposal.MaxChanges)
        {
            faults.Add($"{proposal.Changes.Count} changes: a proposal has between 1 and {PolicyProposal.MaxChanges}.");
            return changes;
        }

        if (proposal.Reason.Length > PolicyProposal.MaxReasonLength)
        {
            faults.Add($"The reason has {proposal.Reason.Length} characters; at most {PolicyProposal.MaxReasonLength} are kept.");
        }

        var now = clock.GetUtcNow();
        foreach (var change in proposal.Changes)
        {
            if (!PeerScope.TryParse(change.Listen, change.Block, out var scope, out var error))
            {
                faults.Add(error);
            }
            else if (!changes.TryAdd(scope, change.After))
            {
                faults.Add($"{scope} is there twice.");
            }

            faults.AddRange(change.After.Validate());
            if (change.After.NextExpiry is { } expiry && expiry <= now)
            {
                faults.Add($"{change.Block}: an override that ends at {expiry:O} has ended already; it is {now:O}.");
            }
        }

        return changes;
    }

    private async ValueTask<PolicyEntry?> FindConflictAsync(PolicyProposal proposal, IEnumerable<PeerScope> scopes)
    {
        var changed = scopes.Select(scope => _versions.GetValueOrDefault(scope)).DefaultIfEmpty().Max();
        return changed <= proposal.BaseVersion ? null : await ReadEntryAsync(changed);
    }

    private async ValueTask<PolicyEntry> ReadEntryAsync(long version) =>
        version == _last?.Version ? _last : (await ReadLogAsync(version - 1, 1, CancellationToken.None))[0];

    private Task<IReadOnlyList<PolicyEntry>> ReadLogAsync(long afterVersion, int limit, CancellationToken cancellationToken) =>
        log.ReadAsync(afterVersion, limit, cancellationToken).AsTask().WaitAsync(LogPatience, clock, cancellationToken);

    private async ValueTask<bool> TryAppendAsync(PolicyEntry entry)
    {
        try
        {
            return await log.TryAppendAsync(entry, CancellationToken.None).AsTask().WaitAsync(LogPatience, clock);
        }
        catch (Exception error)
        {
            // Whether it is in the log, or will be, is in doubt. The log is read before the next attempt, and that one's version decides.
            _isAppendInDoubt = true;
            LogNotAppended(error, entry.Version);
            throw;
        }
    }

    private async ValueTask CatchUpAsync(CancellationToken cancellationToken)
    {
        while (await ReadLogAsync(_set.Version, LogPageSize, cancellationToken) is { Count: > 0 } entries)
        {
            TakeAll(entries);

            // Who lacks more than a page of them asks for them.
            Push([.. entries.TakeLast(PageSize)]);
        }

        _isAppendInDoubt = false;
    }

    // Another cluster on the same store changes the log without a word. And a state that failed is tried again.
    private async Task PollAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CatchUpAsync(cancellationToken);
            await ApplyLastAsync();
            if (_trouble is not null)
            {
                LogPolled(_set.Version);
            }

            _trouble = null;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            if (_trouble is null)
            {
                LogNotPolled(error, _set.Version);
            }

            _trouble = $"the policy's store fails: {PolicyStoreException.Reason(error)}";
        }
    }

    private void TakeAll(IReadOnlyList<PolicyEntry> entries)
    {
        _set = PolicyReplay.Apply(_set, entries, out _);
        foreach (var entry in entries)
        {
            foreach (var change in entry.Changes)
            {
                _versions[change.ToScope()] = entry.Version;
            }

            _made[entry.Id] = entry.Version;
            _madeInOrder.Enqueue(entry.Id);
            if (_madeInOrder.Count > RememberedProposals)
            {
                _made.Remove(_madeInOrder.Dequeue());
            }
        }

        (_last, _isLastApplied) = (entries[^1], false);
        _recent.Enqueue(new Spread(_last.Version, clock.GetTimestamp()));
        if (_recent.Count > RecentVersions)
        {
            _recent.Dequeue();
        }
    }

    private async ValueTask ApplyLastAsync()
    {
        if (_last is null || _isLastApplied)
        {
            return;
        }

        foreach (var changes in _last.Changes.Chunk(ScopesAtOnce))
        {
            await Task.WhenAll(changes.Select(change =>
                GrainFactory.GetGrain<IPeerGrain>(change.Block).ApplyAsync(change.Listen, change.After, _last.Version, CancellationToken.None).AsTask()));
        }

        _isLastApplied = true;
    }

    private void Push(IReadOnlyList<PolicyEntry> entries)
    {
        DropSilent();
        foreach (var follower in _followers.Values)
        {
            // One-way: whether it arrives shows in what the node confirms.
            _ = follower.Observer.PushAsync(entries).AsTask().ContinueWith(
                static (push, state) => ((PolicyGrain)state!).LogNotPushed(push.Exception!),
                this,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Current);
        }
    }

    private void Confirm(Follower follower, long version)
    {
        if (version > follower.Version)
        {
            // A node that has just come was not waited for.
            foreach (var spread in _recent.Where(s => follower.Version >= 0 && s.Version > follower.Version && s.Version <= version))
            {
                spread.Slowest = clock.GetElapsedTime(spread.AppendedAt);
            }

            follower.Version = version;
            NoteProgress();
        }
    }

    private void NoteProgress()
    {
        foreach (var spread in _recent.Where(s => s is { IsComplete: false, Slowest: not null } && _followers.Values.All(f => f.Version >= s.Version)))
        {
            spread.IsComplete = true;
            instruments.Spread(spread.Slowest!.Value);
        }

        instruments.Followers = _followers.Count;
        foreach (var waiter in _waiters)
        {
            if (_followers.Values.All(f => f.Version >= waiter.Version))
            {
                waiter.Done.TrySetResult();
            }
        }
    }

    private void DropSilent()
    {
        foreach (var (node, follower) in _followers)
        {
            if (clock.GetElapsedTime(follower.SeenAt) > PolicyFollower.Lease)
            {
                _followers.Remove(node);
            }
        }

        instruments.Followers = _followers.Count;
    }

    [LoggerMessage(110, LogLevel.Error, "Version {Version} of the policy was not appended, or the log did not say so; it is read again before the next")]
    private partial void LogNotAppended(Exception error, long version);

    [LoggerMessage(111, LogLevel.Debug, "A node could not be told of a change of policy")]
    private partial void LogNotPushed(Exception error);

    [LoggerMessage(112, LogLevel.Warning, "The policy's log or the state of its scopes cannot be read or written; going on with version {Version} and trying again")]
    private partial void LogNotPolled(Exception error, long version);

    [LoggerMessage(114, LogLevel.Warning, "A change of policy failed; going on with version {Version}")]
    private partial void LogNotMade(Exception error, long version);

    [LoggerMessage(113, LogLevel.Information, "The policy's log can be read again: version {Version}")]
    private partial void LogPolled(long version);

    private sealed class Follower(string node)
    {
        public string Node => node;

        public IPolicyObserver Observer { get; set; } = null!;

        public long SeenAt { get; set; }

        public long Version { get; set; } = -1;
    }

    private sealed class Spread(long version, long appendedAt)
    {
        public long Version => version;

        public long AppendedAt => appendedAt;

        public TimeSpan? Slowest { get; set; }

        public bool IsComplete { get; set; }
    }

    private sealed record Waiter(long Version)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
