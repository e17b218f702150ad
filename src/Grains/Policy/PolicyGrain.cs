using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grains.Policy;

/// <summary>
/// See <see cref="IPolicyGrain"/>. The log is written first and is the truth; then each scope's grain takes its part over. Entries are
/// made one by one, each only when the one before is in every state: behind a crash no more than the last can be missing there, and
/// whoever goes on takes it over first.
/// </summary>
internal sealed partial class PolicyGrain(IPolicyLog log, TimeProvider clock, ILogger<PolicyGrain> logger) : Grain, IPolicyGrain
{
    /// <summary>Entries read at once.</summary>
    public const int PageSize = 1_000;

    /// <summary>Versions whose way to the nodes is timed.</summary>
    private const int RecentVersions = 256;

    private static readonly TimeSpan MaxPatience = TimeSpan.FromSeconds(10);

    private readonly Dictionary<PeerScope, long> _versions = [];
    private readonly Dictionary<string, Follower> _followers = new(StringComparer.Ordinal);
    private readonly List<Waiter> _waiters = [];
    private readonly Queue<Spread> _recent = new();
    private OverrideSet _set = OverrideSet.Empty;
    private PolicyEntry? _last;
    private bool _isLastApplied;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await CatchUpAsync(cancellationToken);
        await ApplyLastAsync(cancellationToken);
    }

    public async ValueTask<PolicyOutcome> CommitAsync(PolicyProposal proposal, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        var changes = Check(proposal, faults);
        if (faults.Count > 0)
        {
            return new PolicyOutcome(null, null, faults);
        }

        // What another cluster wrote last may not be in every state: its writer may have died.
        await ApplyLastAsync(cancellationToken);
        while (true)
        {
            _set = _set.At(clock.GetUtcNow(), out _);
            if (_last?.Id == proposal.Id)
            {
                return new PolicyOutcome(_last, null, []);
            }

            if (await FindConflictAsync(proposal, changes.Keys, cancellationToken) is { } conflict)
            {
                return conflict.Id == proposal.Id ? new PolicyOutcome(conflict, null, []) : new PolicyOutcome(null, conflict, []);
            }

            var entry = new PolicyEntry(
                _set.Version + 1,
                proposal.Id,
                clock.GetUtcNow(),
                proposal.Actor,
                proposal.Source,
                proposal.Reason,
                [.. changes.Select(c => new PolicyChange(c.Key.Listen, c.Key.Block.ToString(), _set.Get(c.Key), c.Value))]);
            if (await TryAppendAsync(entry, cancellationToken))
            {
                Take(entry);
                Push([entry]);
                await ApplyLastAsync(cancellationToken);
                return new PolicyOutcome(entry, null, []);
            }

            await CatchUpAsync(cancellationToken);
            await ApplyLastAsync(cancellationToken);
        }
    }

    public ValueTask<IReadOnlyList<PolicyEntry>> ReadAsync(long afterVersion, int limit, CancellationToken cancellationToken) =>
        log.ReadAsync(afterVersion, Math.Clamp(limit, 1, PageSize), cancellationToken);

    public ValueTask<long> FollowAsync(string node, long version, IPolicyObserver observer, CancellationToken cancellationToken)
    {
        if (!_followers.TryGetValue(node, out var follower))
        {
            follower = new Follower(node);
            _followers.Add(node, follower);
        }

        follower.Observer = observer;
        follower.SeenAt = clock.GetUtcNow();
        Confirm(follower, version);
        return new(_set.Version);
    }

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
        WakeWaiters();
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

    private async ValueTask<PolicyEntry?> FindConflictAsync(PolicyProposal proposal, IEnumerable<PeerScope> scopes, CancellationToken cancellationToken)
    {
        var changed = scopes.Select(scope => _versions.GetValueOrDefault(scope)).DefaultIfEmpty().Max();
        if (changed <= proposal.BaseVersion)
        {
            return null;
        }

        return changed == _last?.Version ? _last : (await log.ReadAsync(changed - 1, 1, cancellationToken))[0];
    }

    private async ValueTask<bool> TryAppendAsync(PolicyEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            return await log.TryAppendAsync(entry, cancellationToken);
        }
        catch (Exception error)
        {
            // Whether it is in the log is in doubt: the next activation reads it.
            LogNotAppended(error, entry.Version);
            DeactivateOnIdle();
            throw;
        }
    }

    private async ValueTask CatchUpAsync(CancellationToken cancellationToken)
    {
        while (await log.ReadAsync(_set.Version, PageSize, cancellationToken) is { Count: > 0 } entries)
        {
            TakeAll(entries);
            Push(entries);
        }
    }

    private void Take(PolicyEntry entry) => TakeAll([entry]);

    private void TakeAll(IReadOnlyList<PolicyEntry> entries)
    {
        _set = PolicyReplay.Apply(_set, entries, out _);
        foreach (var entry in entries)
        {
            foreach (var change in entry.Changes)
            {
                _versions[change.ToScope()] = entry.Version;
            }
        }

        (_last, _isLastApplied) = (entries[^1], false);
        _recent.Enqueue(new Spread(_last.Version, clock.GetUtcNow()));
        if (_recent.Count > RecentVersions)
        {
            _recent.Dequeue();
        }
    }

    private async ValueTask ApplyLastAsync(CancellationToken cancellationToken)
    {
        if (_last is null || _isLastApplied)
        {
            return;
        }

        await Task.WhenAll(_last.Changes.Select(change =>
            GrainFactory.GetGrain<IPeerGrain>(change.Block).ApplyAsync(change.Listen, change.After, _last.Version, cancellationToken).AsTask()));
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
                spread.Slowest = clock.GetUtcNow() - spread.AppendedAt;
            }

            follower.Version = version;
            WakeWaiters();
        }
    }

    private void WakeWaiters()
    {
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
        var now = clock.GetUtcNow();
        foreach (var (node, follower) in _followers)
        {
            if (now - follower.SeenAt > PolicyFollower.Lease)
            {
                _followers.Remove(node);
            }
        }
    }

    [LoggerMessage(110, LogLevel.Error, "Version {Version} of the policy could not be appended; the grain starts again from what is in the log")]
    private partial void LogNotAppended(Exception error, long version);

    [LoggerMessage(111, LogLevel.Debug, "A node could not be told of a change of policy")]
    private partial void LogNotPushed(Exception error);

    private sealed class Follower(string node)
    {
        public string Node => node;

        public IPolicyObserver Observer { get; set; } = null!;

        public DateTimeOffset SeenAt { get; set; }

        public long Version { get; set; } = -1;
    }

    private sealed class Spread(long version, DateTimeOffset appendedAt)
    {
        public long Version => version;

        public DateTimeOffset AppendedAt => appendedAt;

        public TimeSpan? Slowest { get; set; }
    }

    private sealed record Waiter(long Version)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
