namespace EcStreamOrleans.AdminApi;

/// <summary>The answer of <c>GET /api/v1/policy/overrides</c>.</summary>
/// <param name="Version">The version of the policy that the node goes by.</param>
/// <param name="Overrides">The scopes that something is set at, in their order.</param>
/// <param name="Next">What <c>after</c> must be for the next page; null behind the last one.</param>
public sealed record OverrideListing(long Version, IReadOnlyList<OverrideReport> Overrides, string? Next);

/// <summary>What is set at one Peer scope while the grid runs.</summary>
/// <param name="Scope">The scope's path, as the console writes it.</param>
/// <param name="Listen">The Listen in its one spelling, or empty for the ECStream_Listener.</param>
/// <param name="Block">The block in its one spelling.</param>
/// <param name="Set">What is set.</param>
/// <param name="Version">The version of the scope's last change, 0 if there was none: the <c>ETag</c> of the scope.</param>
public sealed record OverrideReport(string Scope, string Listen, string Block, PolicyValues Set, long Version);

/// <summary>The answer of <c>GET /api/v1/policy/scopes</c>.</summary>
/// <param name="Version">The version of the policy that the node goes by.</param>
/// <param name="FileGeneration">The generation of the configuration file.</param>
/// <param name="Scopes">The Peer scopes in their order.</param>
/// <param name="Next">What <c>after</c> must be for the next page; null behind the last one.</param>
public sealed record PeerScopeListing(long Version, long FileGeneration, IReadOnlyList<PeerScopeReport> Scopes, string? Next);

/// <summary>One Peer scope.</summary>
/// <param name="Scope">The scope's path, as the console writes it.</param>
/// <param name="Listen">The Listen in its one spelling, or empty for the ECStream_Listener.</param>
/// <param name="Block">The block in its one spelling.</param>
/// <param name="File">What the configuration file sets there; null if it has no such scope.</param>
/// <param name="Override">What is set there while the grid runs, which wins; null if nothing is.</param>
public sealed record PeerScopeReport(string Scope, string Listen, string Block, PolicyValues? File, PolicyValues? Override);

/// <summary>The answer to a write of policy.</summary>
/// <param name="Entry">The entry that was made in the policy log; null if the scope was as asked for already.</param>
/// <param name="Spread">How far it has come.</param>
public sealed record PolicyWriteReport(PolicyLogEntry? Entry, SpreadReport Spread);

/// <summary>How far a version of the policy has reached the nodes.</summary>
/// <param name="Version">The version.</param>
/// <param name="Nodes">Nodes that follow the policy.</param>
/// <param name="Confirmed">Those that go by this version or a later one.</param>
/// <param name="Slowest">How long the last of them took, in seconds; null if it is not known.</param>
/// <param name="Missing">The others' names.</param>
/// <param name="Summary">The same in a sentence.</param>
public sealed record SpreadReport(long Version, int Nodes, int Confirmed, double? Slowest, IReadOnlyList<string> Missing, string Summary);

/// <summary>The answer of <c>GET /api/v1/policy/log</c>.</summary>
/// <param name="Entries">Entries in their order.</param>
/// <param name="Next">What <c>after</c> must be for the next page; null if this one ends the log.</param>
public sealed record PolicyLogPage(IReadOnlyList<PolicyLogEntry> Entries, long? Next);

/// <summary>One entry of the policy log: changes that were made together.</summary>
/// <param name="Version">Its place in the log.</param>
/// <param name="Instant">When, UTC.</param>
/// <param name="Actor">Who.</param>
/// <param name="Source">By which way: <c>console</c>, <c>api</c>.</param>
/// <param name="Reason">Why, in the actor's words; may be empty.</param>
/// <param name="Changes">What, each scope once.</param>
public sealed record PolicyLogEntry(
    long Version, DateTimeOffset Instant, string Actor, string Source, string Reason, IReadOnlyList<PolicyLogChange> Changes);

/// <summary>A change at one Peer scope.</summary>
/// <param name="Scope">The scope's path, as the console writes it.</param>
/// <param name="Listen">The Listen in its one spelling, or empty for the ECStream_Listener.</param>
/// <param name="Block">The block in its one spelling.</param>
/// <param name="Before">What was set.</param>
/// <param name="After">What was set from then on.</param>
public sealed record PolicyLogChange(string Scope, string Listen, string Block, PolicyValues Before, PolicyValues After);

/// <summary>The answer of <c>GET /api/v1/policy/effective</c>: what applies to a peer on a Listen, whether it is connected or not.</summary>
/// <param name="Listen">The Listen as asked for.</param>
/// <param name="Peer">The peer in its one spelling.</param>
/// <param name="At">The instant that it is told for, UTC.</param>
/// <param name="Version">The version of the overrides at that instant.</param>
/// <param name="FileGeneration">The generation of the configuration file: always the present one, also for another instant.</param>
/// <param name="Options">Both options.</param>
/// <param name="Suspension">The suspension in effect, or null.</param>
/// <param name="IsAdmitted">Whether the peer's messages are taken.</param>
/// <param name="Admission">What admits it, or what would.</param>
public sealed record EffectiveReport(
    string Listen,
    string Peer,
    DateTimeOffset At,
    long Version,
    long FileGeneration,
    IReadOnlyList<EffectiveOption> Options,
    EffectiveSuspension? Suspension,
    bool IsAdmitted,
    string Admission);

/// <summary>An option's value that applies.</summary>
/// <param name="Option">Its name in the configuration.</param>
/// <param name="Value">The value; spans in seconds.</param>
/// <param name="Origin">The scope that sets it, or <c>default</c>.</param>
public sealed record EffectiveOption(string Option, double Value, string Origin);

/// <summary>A suspension in effect.</summary>
/// <param name="Reason">What the peer is told; may be empty.</param>
/// <param name="Origin">The scope that sets it.</param>
public sealed record EffectiveSuspension(string Reason, string Origin);
