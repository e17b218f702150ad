namespace EcStreamOrleans.AdminApi;

/// <summary>The answer of <c>GET /api/v1/sessions</c>: sessions of the cluster, those that have been silent longest first.</summary>
/// <param name="Sessions">At most the limit asked for.</param>
/// <param name="Truncated">Whether there are more.</param>
public sealed record SessionListing(IReadOnlyList<SessionReport> Sessions, bool Truncated)
{
    /// <summary>Nodes that did not answer: their sessions are not in it.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];
}

/// <summary>One session at one instant.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Peer">The injecting peer.</param>
/// <param name="Listen">The Listen it came through, as the configuration writes it.</param>
/// <param name="Node">The node it is on.</param>
/// <param name="Since">When it was opened, UTC.</param>
/// <param name="Messages">Messages accepted.</param>
/// <param name="Bytes">Octets of their packages.</param>
/// <param name="LastActivity">When the last octet came or the last reply went, UTC.</param>
/// <param name="IdleLeft">How long it may stay silent from now on, in seconds.</param>
/// <param name="Options">Both options as they apply to it.</param>
/// <param name="Suspension">The suspension in effect, or null.</param>
/// <param name="State"><c>open</c>, <c>refused</c> (its packages are answered with the refusal) or <c>closing</c>.</param>
/// <param name="Detail">Where in the conversation it stands, or the refusal.</param>
public sealed record SessionReport(
    Guid Id,
    string Peer,
    string Listen,
    string Node,
    DateTimeOffset Since,
    long Messages,
    long Bytes,
    DateTimeOffset LastActivity,
    double IdleLeft,
    IReadOnlyList<EffectiveOption> Options,
    EffectiveSuspension? Suspension,
    string State,
    string Detail);

/// <summary>The body of <c>POST /api/v1/sessions/close</c>.</summary>
/// <param name="Cidr">The block; every session whose peer is in it is closed.</param>
/// <param name="Reason">Why; it goes into the log.</param>
public sealed record CloseRequest(string Cidr, string Reason);

/// <summary>The answer to a close.</summary>
/// <param name="Closed">Sessions that were told to end. Each gets the replies that it is owed first.</param>
public sealed record CloseReport(int Closed)
{
    /// <summary>Nodes that did not answer: whether sessions of theirs end is not known.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];
}

/// <summary>The answer of <c>GET /api/v1/sessions/count</c>.</summary>
/// <param name="Sessions">Sessions that were asked for.</param>
/// <param name="Groups">The same by block, the most first; null unless a prefix length was given.</param>
/// <param name="Truncated">Whether there are more groups.</param>
public sealed record SessionCount(int Sessions, IReadOnlyList<SessionGroup>? Groups, bool Truncated)
{
    /// <summary>Nodes that did not answer: their sessions are not counted.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];
}

/// <summary>The sessions of one block.</summary>
/// <param name="Block">The block, or <c>unix</c>.</param>
/// <param name="Sessions">How many.</param>
public sealed record SessionGroup(string Block, int Sessions);
