using Orleans.Concurrency;

namespace EcStreamOrleans.Grains.Nodes;

/// <summary>The cluster's book of its nodes, key 0. Kept in memory only: every node reports again within <see cref="ReportPeriod"/>.</summary>
[Alias("ecstream.nodes")]
public interface INodesGrain : IGrainWithIntegerKey
{
    /// <summary>How often a node reports.</summary>
    static readonly TimeSpan ReportPeriod = TimeSpan.FromSeconds(2);

    /// <summary>A node that has not reported for this long is taken for gone, and is forgotten.</summary>
    static readonly TimeSpan Lease = TimeSpan.FromSeconds(20);

    /// <summary>A node says how it is.</summary>
    /// <param name="report">How it is.</param>
    /// <param name="observer">Answers questions about its sessions.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    [Alias("report")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:05")]
    ValueTask ReportAsync(NodeReport report, INodeObserver observer, CancellationToken cancellationToken);

    /// <summary>A node goes.</summary>
    /// <param name="node">Its name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    [Alias("leave")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:05")]
    ValueTask LeaveAsync(string node, CancellationToken cancellationToken);

    /// <summary>Every node that reports.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    [Alias("get")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:05")]
    ValueTask<IReadOnlyList<KnownNode>> GetAsync(CancellationToken cancellationToken);
}

/// <summary>A node answers for its own sessions and traffic.</summary>
[Alias("ecstream.node-observer")]
public interface INodeObserver : IGrainObserver
{
    /// <summary>Its sessions, those that have been silent longest first.</summary>
    /// <param name="which">Which.</param>
    /// <param name="limit">At most so many.</param>
    [Alias("find-sessions")]
    [ResponseTimeout("00:00:05")]
    Task<IReadOnlyList<SessionSnapshot>> FindSessionsAsync(SessionFilter which, int limit);

    /// <summary>How many sessions it has, by block.</summary>
    /// <param name="which">Which.</param>
    /// <param name="prefixLength">Of the blocks; null counts all as one, whose block is empty.</param>
    [Alias("count-sessions")]
    [ResponseTimeout("00:00:05")]
    Task<IReadOnlyList<BlockCount>> CountSessionsAsync(SessionFilter which, int? prefixLength);

    /// <summary>Ends sessions; each gets the replies that it is owed first.</summary>
    /// <param name="which">Which.</param>
    /// <param name="actor">Who wants it.</param>
    /// <param name="reason">Why.</param>
    /// <returns>How many were told to end.</returns>
    [Alias("close-sessions")]
    [ResponseTimeout("00:00:05")]
    Task<int> CloseSessionsAsync(SessionFilter which, string actor, string reason);

    /// <summary>Takes it out of service, or back.</summary>
    /// <param name="reason">Why; null takes it back.</param>
    /// <param name="actor">Who wants it.</param>
    [Alias("set-maintenance")]
    [ResponseTimeout("00:00:05")]
    Task SetMaintenanceAsync(string? reason, string actor);

    /// <summary>What changes of policy would have done to the traffic that it remembers.</summary>
    /// <param name="changes">The changes.</param>
    [Alias("try")]
    [ResponseTimeout("00:00:10")]
    Task<NodeTrial> TryAsync(IReadOnlyList<Policy.ProposedChange> changes);
}
