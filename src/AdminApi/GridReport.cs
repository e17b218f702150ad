namespace EcStreamOrleans.AdminApi;

/// <summary>The answer of <c>GET /api/v1/grid</c>: every node of the cluster.</summary>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Nodes">The nodes: the one that answers first, then silos, then edges.</param>
/// <param name="Warnings">What an operator should look at, a sentence each: nodes that are silent or not ready, or that differ where all should be alike.</param>
public sealed record GridReport(string Cluster, IReadOnlyList<NodeSummary> Nodes, IReadOnlyList<string> Warnings);

/// <summary>One node as it was last heard of.</summary>
/// <param name="Node">Its name, unlike any other's.</param>
/// <param name="Role"><c>silo</c> or <c>edge</c>.</param>
/// <param name="Zone">The zone it is in, or null.</param>
/// <param name="Version">The product's version.</param>
/// <param name="Since">When it started, UTC.</param>
/// <param name="Ready">Whether it takes mail.</param>
/// <param name="NotReady">What keeps it from that.</param>
/// <param name="SilentSeconds">Seconds since it was heard of.</param>
/// <param name="Configuration">A digest of its configuration file.</param>
/// <param name="PolicyVersion">The version of the policy that it goes by.</param>
/// <param name="PolicyTrouble">Why that may not be the latest, or null.</param>
/// <param name="Sessions">Sessions open.</param>
/// <param name="MessagesAccepted">Messages answered with <c>K</c> since its start.</param>
/// <param name="MessagesDeferred">Messages answered with <c>Z</c> since its start.</param>
/// <param name="MessagesRejected">Messages answered with <c>D</c> since its start.</param>
/// <param name="SpoolWaiting">Messages in its spool; null if it has none.</param>
/// <param name="SpoolOldestSeconds">Age of the oldest of them, or null.</param>
/// <param name="SpoolBytes">Octets of its spool on disk; null if it has none.</param>
public sealed record NodeSummary(
    string Node,
    string Role,
    string? Zone,
    string Version,
    DateTimeOffset Since,
    bool Ready,
    IReadOnlyList<string> NotReady,
    double SilentSeconds,
    string Configuration,
    long PolicyVersion,
    string? PolicyTrouble,
    int Sessions,
    long MessagesAccepted,
    long MessagesDeferred,
    long MessagesRejected,
    long? SpoolWaiting,
    double? SpoolOldestSeconds,
    long? SpoolBytes);
