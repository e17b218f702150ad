namespace EcStreamOrleans.Grains;

/// <summary>A session to be opened.</summary>
/// <param name="Session">Its random id.</param>
/// <param name="Listen">The Listen the client came through, as the configuration writes it.</param>
/// <param name="Edge">The edge's name.</param>
/// <param name="WasOpened">
/// Whether it was opened before, by a grain that has lost its book since: limits turn away who comes, not who is in.
/// </param>
/// <param name="VerifiedSubject">Whom the client's certificate names, if it presented one that verifies.</param>
/// <param name="IsAdmittedByTls">Whether that certificate admits the peer on this Listen.</param>
[GenerateSerializer, Immutable, Alias("ecstream.session-request")]
public sealed record SessionRequest(
    [property: Id(0)] Guid Session,
    [property: Id(1)] string Listen,
    [property: Id(2)] string Edge,
    [property: Id(3)] bool WasOpened = false,
    [property: Id(4)] string? VerifiedSubject = null,
    [property: Id(5)] bool IsAdmittedByTls = false);

/// <summary>The answer to a <see cref="SessionRequest"/>: <see cref="SessionOpened"/> or <see cref="SessionRefused"/>.</summary>
[GenerateSerializer, Immutable, Alias("ecstream.session-answer")]
public abstract record SessionAnswer
{
    private protected SessionAnswer()
    {
    }
}

/// <summary>The session is in the peer's book.</summary>
/// <param name="PolicyVersion">The version of the overrides that the grain goes by: an edge that has an older one catches up.</param>
[GenerateSerializer, Immutable, Alias("ecstream.session-opened")]
public sealed record SessionOpened([property: Id(0)] long PolicyVersion) : SessionAnswer;

/// <summary>The session is over a limit and in no book. Its packages are answered <c>Z</c>.</summary>
/// <param name="Text">Status code and words for a person: the limit, where it comes from, the value seen and the value allowed.</param>
/// <param name="Limit">The limit's name, for metrics.</param>
[GenerateSerializer, Immutable, Alias("ecstream.session-refused")]
public sealed record SessionRefused([property: Id(0)] string Text, [property: Id(1)] string Limit) : SessionAnswer;

/// <summary>What a peer's grain has to know of a batch to give leave for it. The payload stays at the silo where it entered.</summary>
/// <param name="Session">The session, the first part of the batch's id.</param>
/// <param name="Sequence">The batch's number in it, the other part.</param>
/// <param name="Listen">The Listen it came through, as the configuration writes it.</param>
/// <param name="Messages">Messages in it.</param>
/// <param name="Bytes">Octets of its packages.</param>
/// <param name="EnteredAt">The silo whose spool takes it.</param>
/// <param name="TakenBatches">Batches of earlier claims of the peer that this edge's spool has taken and no claim has told of yet.</param>
/// <param name="TakenMessages">Messages in them.</param>
[GenerateSerializer, Immutable, Alias("ecstream.batch-claim")]
public sealed record BatchClaim(
    [property: Id(0)] Guid Session,
    [property: Id(1)] long Sequence,
    [property: Id(2)] string Listen,
    [property: Id(3)] int Messages,
    [property: Id(4)] long Bytes,
    [property: Id(5)] SiloAddress EnteredAt,
    [property: Id(6)] long TakenBatches,
    [property: Id(7)] long TakenMessages);

/// <summary>The verdict on a batch.</summary>
public enum BatchStatus : byte
{
    /// <summary>Durable; in the answer to a claim: may be made durable.</summary>
    Accepted = 0,

    /// <summary>Not taken; try again later.</summary>
    Deferred = 1,
}

/// <summary>The answer to a batch. A struct without references that a copy would have to follow.</summary>
/// <param name="Status">Whether it is durable.</param>
/// <param name="SpoolId">The spool that has it: the first part of its messages' ids.</param>
/// <param name="RecordNumber">Its record there.</param>
/// <param name="Text">For a batch that was not taken: status code and words for a person.</param>
/// <param name="PolicyVersion">The version of the overrides that the grain goes by: an edge that has an older one catches up.</param>
/// <param name="IsSessionKnown">False if the grain has lost its book (it was moved or activated again): the edge opens the session anew.</param>
/// <param name="Limit">For a batch that a limit of the grid deferred: the limit's name, for metrics.</param>
/// <param name="Pause">How long the edge takes nothing more from the session, because its peer nears a rate or is over it.</param>
/// <param name="IsElsewhere">Whether the grain is on another silo than the one where the batch entered: an edge with a spool beside it then asks for leave only.</param>
[GenerateSerializer, Immutable, Alias("ecstream.batch-verdict")]
public readonly record struct BatchVerdict(
    [property: Id(0)] BatchStatus Status,
    [property: Id(1)] string? SpoolId,
    [property: Id(2)] long RecordNumber,
    [property: Id(3)] string? Text,
    [property: Id(4)] long PolicyVersion,
    [property: Id(5)] bool IsSessionKnown,
    [property: Id(6)] string? Limit = null,
    [property: Id(7)] TimeSpan Pause = default,
    [property: Id(8)] bool IsElsewhere = false)
{
    /// <summary>A batch that was not taken.</summary>
    /// <param name="text">Status code and words for a person.</param>
    public static BatchVerdict Defer(string text) => new(BatchStatus.Deferred, null, 0, text, PolicyVersion: 0, IsSessionKnown: true);

    /// <summary>What the spool's answer makes of a grain's leave.</summary>
    /// <param name="answer">The spool's answer.</param>
    public BatchVerdict With(in SpoolAnswer answer) => answer.IsDurable
        ? this with { SpoolId = answer.SpoolId, RecordNumber = answer.RecordNumber }
        : this with { Status = BatchStatus.Deferred, Text = answer.Text ?? "4.3.0 not taken" };
}

/// <summary>What a peer's grain has in its book.</summary>
/// <param name="Sessions">Its open sessions.</param>
/// <param name="Batches">Batches made durable since the grain was activated; those by a claim are in it from the next claim on.</param>
/// <param name="Messages">Messages in them.</param>
/// <param name="LastActivity">The last sign of life, UTC; null if there was none.</param>
[GenerateSerializer, Immutable, Alias("ecstream.peer-book")]
public sealed record PeerBook(
    [property: Id(0)] IReadOnlyList<BookedSession> Sessions,
    [property: Id(1)] long Batches,
    [property: Id(2)] long Messages,
    [property: Id(3)] DateTimeOffset? LastActivity);

/// <summary>A session in the grain's book.</summary>
/// <param name="Session">Its id.</param>
/// <param name="Listen">The Listen it came through.</param>
/// <param name="Edge">The edge it is on.</param>
/// <param name="OpenedAt">When it was opened, UTC.</param>
/// <param name="LastActivity">The last sign of life the grain has, UTC.</param>
[GenerateSerializer, Immutable, Alias("ecstream.booked-session")]
public sealed record BookedSession(
    [property: Id(0)] Guid Session,
    [property: Id(1)] string Listen,
    [property: Id(2)] string Edge,
    [property: Id(3)] DateTimeOffset OpenedAt,
    [property: Id(4)] DateTimeOffset LastActivity);

/// <summary>A session in the book of a grain that moves.</summary>
/// <param name="Request">How it was opened.</param>
/// <param name="Edge">Takes the grain's orders.</param>
/// <param name="OpenedAt">When it was opened, UTC.</param>
/// <param name="LastActivity">The last sign of life the grain has, UTC.</param>
[GenerateSerializer, Immutable, Alias("ecstream.moved-session")]
internal sealed record MovedSession(
    [property: Id(0)] SessionRequest Request,
    [property: Id(1)] IEdgeObserver Edge,
    [property: Id(2)] DateTimeOffset OpenedAt,
    [property: Id(3)] DateTimeOffset LastActivity);
