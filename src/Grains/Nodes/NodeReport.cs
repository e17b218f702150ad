namespace EcStreamOrleans.Grains.Nodes;

/// <summary>How a node is.</summary>
/// <param name="Node">Its name, unlike any other's: <c>HOST/PROCESS-RANDOM</c>.</param>
/// <param name="Role"><c>silo</c> or <c>edge</c>.</param>
/// <param name="Zone">The zone it is in, or null.</param>
/// <param name="Version">The product's version.</param>
/// <param name="StartedAt">When it started, UTC.</param>
/// <param name="NotReady">What keeps it from taking mail; empty if nothing does.</param>
/// <param name="Configuration">A digest of its configuration file: nodes that differ in it differ in what they do.</param>
/// <param name="PolicyVersion">The version of the policy that it goes by.</param>
/// <param name="PolicyTrouble">Why that may not be the latest, or null.</param>
/// <param name="Sessions">Sessions open.</param>
/// <param name="MessagesAccepted">Messages answered with <c>K</c> since the start.</param>
/// <param name="MessagesDeferred">Messages answered with <c>Z</c> since the start.</param>
/// <param name="MessagesRejected">Messages answered with <c>D</c> since the start.</param>
/// <param name="Spool">Its spool, or null if it has none.</param>
/// <param name="Warnings">What somebody should look at although it takes mail; null from a node that does not tell yet.</param>
[GenerateSerializer, Immutable, Alias("ecstream.node-report")]
public sealed record NodeReport(
    [property: Id(0)] string Node,
    [property: Id(1)] string Role,
    [property: Id(2)] string? Zone,
    [property: Id(3)] string Version,
    [property: Id(4)] DateTimeOffset StartedAt,
    [property: Id(5)] IReadOnlyList<string> NotReady,
    [property: Id(6)] string Configuration,
    [property: Id(7)] long PolicyVersion,
    [property: Id(8)] string? PolicyTrouble,
    [property: Id(9)] int Sessions,
    [property: Id(10)] long MessagesAccepted,
    [property: Id(11)] long MessagesDeferred,
    [property: Id(12)] long MessagesRejected,
    [property: Id(13)] NodeSpool? Spool,
    [property: Id(14)] IReadOnlyList<string>? Warnings);

/// <summary>A node's spool.</summary>
/// <param name="MessagesWaiting">Messages accepted and not yet delivered or failed.</param>
/// <param name="OldestAge">Age of the oldest of them, or null.</param>
/// <param name="BytesUsed">Octets on disk.</param>
[GenerateSerializer, Immutable, Alias("ecstream.node-spool")]
public sealed record NodeSpool([property: Id(0)] long MessagesWaiting, [property: Id(1)] TimeSpan? OldestAge, [property: Id(2)] long BytesUsed);

/// <summary>A node as the book has it.</summary>
/// <param name="Report">What it said last.</param>
/// <param name="SilentFor">How long ago that was.</param>
/// <param name="Observer">How it is asked.</param>
[GenerateSerializer, Immutable, Alias("ecstream.known-node")]
public sealed record KnownNode([property: Id(0)] NodeReport Report, [property: Id(1)] TimeSpan SilentFor, [property: Id(2)] INodeObserver Observer);

/// <summary>Which sessions are meant: those that fulfil all that is set.</summary>
/// <param name="Peer">Peers in this block, or <c>unix</c>; null for all.</param>
/// <param name="Session">The one with this id; null for all.</param>
[GenerateSerializer, Immutable, Alias("ecstream.session-filter")]
public sealed record SessionFilter([property: Id(0)] string? Peer = null, [property: Id(1)] Guid? Session = null);

/// <summary>Sessions of the peers of one block.</summary>
/// <param name="Block">The block, or <c>unix</c>.</param>
/// <param name="Sessions">How many.</param>
[GenerateSerializer, Immutable, Alias("ecstream.block-count")]
public sealed record BlockCount([property: Id(0)] string Block, [property: Id(1)] int Sessions);
