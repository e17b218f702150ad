using Orleans.Concurrency;

namespace EcStreamOrleans.Grains.Policy;

/// <summary>
/// The cluster's one place to change policy, key 0: puts changes in their order, has them made durable in the log and in the state of
/// the scopes' grains, and tells every node that follows.
/// </summary>
[Alias("ecstream.policy")]
public interface IPolicyGrain : IGrainWithIntegerKey
{
    /// <summary>Makes a change. Behind the answer it is in the log and in the state of every grain concerned.</summary>
    /// <param name="proposal">The change.</param>
    /// <param name="cancellationToken">Ends the wait, not what the grain does.</param>
    /// <returns>The entry, or why there is none. With an exception the outcome is unknown: the same proposal may be made again.</returns>
    [Alias("commit")]
    [ResponseTimeout("00:00:15")]
    ValueTask<PolicyOutcome> CommitAsync(PolicyProposal proposal, CancellationToken cancellationToken);

    /// <summary>Entries of the log in their order.</summary>
    /// <param name="afterVersion">Those with a higher version.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    [Alias("read")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:10")]
    ValueTask<IReadOnlyList<PolicyEntry>> ReadAsync(long afterVersion, int limit, CancellationToken cancellationToken);

    /// <summary>A node follows, or goes on to: it is told of changes until it has not called for <see cref="PolicyFollower.Lease"/>.</summary>
    /// <param name="node">Its name, unlike any other's.</param>
    /// <param name="version">The version it goes by.</param>
    /// <param name="observer">How it is told.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The version of the last change.</returns>
    [Alias("follow")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:05")]
    ValueTask<long> FollowAsync(string node, long version, IPolicyObserver observer, CancellationToken cancellationToken);

    /// <summary>Why the version that followers are told may not be the last: the log's store does not answer. Null if all is well.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    [Alias("trouble")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:05")]
    ValueTask<string?> GetTroubleAsync(CancellationToken cancellationToken);

    /// <summary>A node that follows goes by a version from now on.</summary>
    /// <param name="node">Its name.</param>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    [Alias("confirm")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:05")]
    ValueTask ConfirmAsync(string node, long version, CancellationToken cancellationToken);

    /// <summary>A node stops following.</summary>
    /// <param name="node">Its name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    [Alias("leave")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:05")]
    ValueTask LeaveAsync(string node, CancellationToken cancellationToken);

    /// <summary>Waits until every node that follows goes by a version, and says how far it came.</summary>
    /// <param name="version">The version.</param>
    /// <param name="patience">How long to wait at most. Range: 0 to 10 s.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    [Alias("await-spread")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:15")]
    ValueTask<PolicySpread> AwaitSpreadAsync(long version, TimeSpan patience, CancellationToken cancellationToken);
}

/// <summary>A node that follows the policy. Best effort: what is lost is fetched with the next call.</summary>
[Alias("ecstream.policy-observer")]
public interface IPolicyObserver : IGrainObserver
{
    /// <summary>There are new entries.</summary>
    /// <param name="entries">The newest, in their order.</param>
    [Alias("push")]
    [OneWay]
    ValueTask PushAsync(IReadOnlyList<PolicyEntry> entries);
}
