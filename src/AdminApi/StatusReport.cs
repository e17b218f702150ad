namespace EcStreamOrleans.AdminApi;

/// <summary>The answer of <c>GET /api/v1/status</c>: one node at one instant.</summary>
/// <param name="Node">The host's name.</param>
/// <param name="Version">The product's version.</param>
/// <param name="Instant">When the report was made, UTC.</param>
/// <param name="UptimeSeconds">Seconds since the process started.</param>
/// <param name="Ready">Whether the node takes mail: listener bound, cluster joined, spool writable.</param>
/// <param name="NotReady">What keeps it from being ready; empty when it is.</param>
/// <param name="Listeners">Every Listen.</param>
/// <param name="Sessions">Sessions now and since the start.</param>
/// <param name="Peers">Every peer that has had a session since the start (the busiest first, bounded).</param>
/// <param name="Policy">What operators have set, as this node knows it.</param>
/// <param name="Spool">The spool.</param>
/// <param name="Relay">The relay.</param>
public sealed record StatusReport(
    string Node,
    string Version,
    DateTimeOffset Instant,
    double UptimeSeconds,
    bool Ready,
    IReadOnlyList<string> NotReady,
    IReadOnlyList<ListenStatus> Listeners,
    SessionCounts Sessions,
    IReadOnlyList<PeerStatus> Peers,
    PolicyReport Policy,
    SpoolReport Spool,
    RelayReport Relay)
{
    /// <summary>What somebody should look at although the node takes mail; null from a node that does not tell yet.</summary>
    public IReadOnlyList<string>? Warnings { get; init; }

    /// <summary>The process; null from a node that does not tell yet.</summary>
    public ProcessReport? Process { get; init; }

    /// <summary>The copies that are held elsewhere and here; null from a node that has nothing to do with copies.</summary>
    public CopiesReport? Copies { get; init; }
}

/// <summary>Copies of the node's mail elsewhere, and of others' mail here.</summary>
/// <param name="Wanted">On how many silos a batch is durable before it is acknowledged.</param>
/// <param name="Holder">The name of the spool whose silo holds the copies; null if none does.</param>
/// <param name="HolderZone">Its zone, or null.</param>
/// <param name="RecordsMissing">Batches that wait here and may be nowhere else.</param>
/// <param name="Held">What is held here for others.</param>
public sealed record CopiesReport(int Wanted, string? Holder, string? HolderZone, long RecordsMissing, IReadOnlyList<HeldCopiesReport> Held);

/// <summary>Copies of another node's mail.</summary>
/// <param name="Owner">The name of its spool.</param>
/// <param name="TakenOver">Whether the owner is dead and they are delivered here.</param>
/// <param name="LeftAt">When the owner stopped in order, UTC; null if it did not.</param>
/// <param name="MessagesWaiting">Messages that wait at the owner, as far as this node has been told.</param>
/// <param name="MessagesFailed">Messages that failed here in the owner's place, kept with the gateway's words.</param>
/// <param name="BytesUsed">Octets that they take on the disk.</param>
public sealed record HeldCopiesReport(string Owner, bool TakenOver, DateTimeOffset? LeftAt, long MessagesWaiting, long MessagesFailed, long BytesUsed);

/// <summary>The process of the node.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="System">The operating system and its version.</param>
/// <param name="Runtime">The .NET runtime and its version.</param>
/// <param name="Cores">Cores that it may use.</param>
/// <param name="MemoryBytes">Octets of memory that it holds.</param>
/// <param name="MemoryLimitBytes">Octets that it may hold: the machine's, or its container's.</param>
public sealed record ProcessReport(int Pid, string System, string Runtime, int Cores, long MemoryBytes, long MemoryLimitBytes);

/// <summary>One Listen of the configuration.</summary>
/// <param name="Address">As the configuration writes it.</param>
/// <param name="Bound">The end point it is bound to, or null.</param>
/// <param name="Sessions">Sessions open on it.</param>
/// <param name="Error">Why it is not bound, or null.</param>
public sealed record ListenStatus(string Address, string? Bound, int Sessions, string? Error);

/// <summary>Sessions and messages of the node.</summary>
/// <param name="Active">Open now.</param>
/// <param name="Total">Opened since the start.</param>
/// <param name="MessagesAccepted">Messages answered with <c>K</c> since the start.</param>
/// <param name="MessagesDeferred">Messages answered with <c>Z</c> since the start.</param>
/// <param name="MessagesRejected">Messages answered with <c>D</c> since the start.</param>
public sealed record SessionCounts(int Active, long Total, long MessagesAccepted, long MessagesDeferred, long MessagesRejected);

/// <summary>One injecting peer.</summary>
/// <param name="Peer">The address, or <c>unix</c>.</param>
/// <param name="Sessions">Sessions open now.</param>
/// <param name="Batches">Batches accepted since the start.</param>
/// <param name="MessagesAccepted">Messages answered with <c>K</c> since the start.</param>
/// <param name="MessagesDeferred">Messages answered with <c>Z</c> since the start.</param>
/// <param name="MessagesRejected">Messages answered with <c>D</c> since the start.</param>
/// <param name="Bytes">Octets of accepted packages since the start.</param>
/// <param name="LastActivity">When the last octet came, UTC.</param>
public sealed record PeerStatus(
    string Peer,
    int Sessions,
    long Batches,
    long MessagesAccepted,
    long MessagesDeferred,
    long MessagesRejected,
    long Bytes,
    DateTimeOffset LastActivity);

/// <summary>What operators have set, as the node knows it.</summary>
/// <param name="Version">The version that the node goes by; 0 if nothing was ever set.</param>
/// <param name="Scopes">Peer scopes that something is set at.</param>
/// <param name="Trouble">Why this may not be the latest version, or null.</param>
public sealed record PolicyReport(long Version, int Scopes, string? Trouble);

/// <summary>The spool of the node.</summary>
/// <param name="Id">The spool's id: the first part of every message id.</param>
/// <param name="Directory">Where it is.</param>
/// <param name="Healthy">Whether it takes batches.</param>
/// <param name="Reason">Why not, or null.</param>
/// <param name="MessagesWaiting">Messages accepted and not yet delivered or failed.</param>
/// <param name="RecordsWaiting">Batches with such messages.</param>
/// <param name="BytesUsed">Octets that the segments in use take on disk.</param>
/// <param name="OldestAgeSeconds">Age of the oldest waiting message, or null.</param>
/// <param name="SegmentsInUse">Segments that hold waiting messages.</param>
/// <param name="SegmentsSpare">Segments ready to be written.</param>
/// <param name="MessagesFailed">Messages kept as failed, with the gateway's words.</param>
public sealed record SpoolReport(
    string Id,
    string Directory,
    bool Healthy,
    string? Reason,
    long MessagesWaiting,
    long RecordsWaiting,
    long BytesUsed,
    double? OldestAgeSeconds,
    int SegmentsInUse,
    int SegmentsSpare,
    long MessagesFailed);

/// <summary>The relay of the node.</summary>
/// <param name="State"><c>held</c> (no gateway), <c>idle</c>, <c>delivering</c> or <c>retrying</c>.</param>
/// <param name="DeliveryMethod"><c>ECSTREAM</c>, <c>MAILDIR</c>, or null.</param>
/// <param name="Gateway">The gateway, or null.</param>
/// <param name="Delivered">Messages delivered since the start.</param>
/// <param name="Deferred">Temporary failures since the start.</param>
/// <param name="Failed">Messages that failed for good since the start.</param>
/// <param name="WaitingForRetry">Messages that wait for their next attempt.</param>
/// <param name="LastError">The last failure in the gateway's or the system's words, or null.</param>
/// <param name="LastDelivery">When the last message was delivered, UTC, or null.</param>
public sealed record RelayReport(
    string State,
    string? DeliveryMethod,
    string? Gateway,
    long Delivered,
    long Deferred,
    long Failed,
    long WaitingForRetry,
    string? LastError,
    DateTimeOffset? LastDelivery);
