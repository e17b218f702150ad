using EcStreamOrleans.Protocol;
using Orleans.Services;

namespace EcStreamOrleans.Grains.Copies;

/// <summary>
/// One for each silo, called by its address: keeps copies of what is in the spools of others. A spool is known by its name, whatever address its silo has. What
/// may be lost or come twice is safe so: every call can be repeated.
/// </summary>
[Alias("ecstream.copies")]
public interface ICopyService : IGrainService
{
    /// <summary>Who the silo is, and what it knows of an owner of copies.</summary>
    /// <param name="owner">The name of the owner's spool; null for none.</param>
    [Alias("introduce")]
    [ResponseTimeout("00:00:02")]
    Task<CopyPlace> IntroduceAsync(string? owner);

    /// <summary>An owner begins, or comes back: from now on nothing of it is delivered here. It is answered when nothing is under way any more.</summary>
    /// <param name="owner">Who it is.</param>
    [Alias("register")]
    [ResponseTimeout("00:00:10")]
    Task RegisterAsync(CopyOwner owner);

    /// <summary>What was done in the owner's place.</summary>
    /// <param name="owner">The name of its spool.</param>
    /// <param name="position">Where to go on; the first is 0.</param>
    [Alias("read-outcomes")]
    [ResponseTimeout("00:00:05")]
    Task<CopyOutcomes> ReadOutcomesAsync(string owner, long position);

    /// <summary>The owner has taken in what was done in its place: it is forgotten here.</summary>
    /// <param name="owner">The name of its spool.</param>
    [Alias("settle")]
    [ResponseTimeout("00:00:05")]
    Task SettleAsync(string owner);

    /// <summary>Makes a copy durable.</summary>
    /// <param name="origin">What it is a copy of.</param>
    /// <param name="batch">The batch.</param>
    [Alias("store")]
    [ResponseTimeout("00:00:02")]
    ValueTask<CopyAnswer> StoreAsync(CopyOrigin origin, MailBatch batch);

    /// <summary>The copies that are held, in their order.</summary>
    /// <param name="owner">The name of its spool.</param>
    /// <param name="after">Those behind this one; null from the first.</param>
    [Alias("list")]
    [ResponseTimeout("00:00:05")]
    Task<IReadOnlyList<CopyName>> ListAsync(string owner, CopyName? after);

    /// <summary>The owner says what is done, so that copies are not needed any more.</summary>
    /// <param name="owner">The name of its spool.</param>
    /// <param name="done">What.</param>
    /// <param name="isComplete">Whether all that waits at the owner has its copy here.</param>
    [Alias("free")]
    [ResponseTimeout("00:00:05")]
    Task FreeAsync(string owner, IReadOnlyList<CopyDone> done, bool isComplete);

    /// <summary>The owner has its copies elsewhere: all that are here are forgotten.</summary>
    /// <param name="owner">The name of its spool.</param>
    [Alias("clear")]
    [ResponseTimeout("00:00:10")]
    Task ClearAsync(string owner);

    /// <summary>The owner stops in order, to come back: its mail is not delivered here for a while.</summary>
    /// <param name="owner">The name of its spool.</param>
    [Alias("leave")]
    [ResponseTimeout("00:00:03")]
    Task LeaveAsync(string owner);
}

/// <summary>A silo that can hold copies.</summary>
/// <param name="Spool">The name of its spool.</param>
/// <param name="Zone">Where it stands; null if nobody said.</param>
/// <param name="Epoch">Of the copies of the owner that was asked about: which of its partners this silo was; 0 if it holds none.</param>
/// <param name="IsComplete">Whether it holds a copy of all that waited at that owner.</param>
[GenerateSerializer, Immutable, Alias("ecstream.copy-place")]
public sealed record CopyPlace([property: Id(0)] string Spool, [property: Id(1)] string? Zone, [property: Id(2)] long Epoch, [property: Id(3)] bool IsComplete);

/// <summary>An owner of copies.</summary>
/// <param name="Spool">The name of its spool.</param>
/// <param name="Silo">Its silo.</param>
/// <param name="Epoch">Counts its partners; 0 from one that only comes back to an earlier one.</param>
[GenerateSerializer, Immutable, Alias("ecstream.copy-owner")]
public sealed record CopyOwner([property: Id(0)] string Spool, [property: Id(1)] SiloAddress Silo, [property: Id(2)] long Epoch);

/// <summary>What a batch is a copy of.</summary>
/// <param name="Spool">The name of the owner's spool.</param>
/// <param name="Number">The record's number there.</param>
/// <param name="AcceptedAt">When it was accepted.</param>
/// <param name="Peer">The peer that injected it.</param>
[GenerateSerializer, Immutable, Alias("ecstream.copy-origin")]
public readonly record struct CopyOrigin([property: Id(0)] string Spool, [property: Id(1)] long Number, [property: Id(2)] DateTimeOffset AcceptedAt, [property: Id(3)] string Peer);

/// <summary>What became of a copy.</summary>
/// <param name="IsDurable">Whether it is on stable storage.</param>
/// <param name="Text">If not: status code and words for a person.</param>
[GenerateSerializer, Immutable, Alias("ecstream.copy-answer")]
public readonly record struct CopyAnswer([property: Id(0)] bool IsDurable, [property: Id(1)] string? Text);

/// <summary>Names a copy.</summary>
/// <param name="Number">The record's number at its owner.</param>
/// <param name="Session">The session of the batch's id.</param>
/// <param name="Sequence">The sequence of the batch's id.</param>
[GenerateSerializer, Immutable, Alias("ecstream.copy-name")]
public readonly record struct CopyName([property: Id(0)] long Number, [property: Id(1)] Guid Session, [property: Id(2)] long Sequence)
{
    /// <summary>The batch's id.</summary>
    public BatchId Batch => new(Session, Sequence);
}

/// <summary>What is done of a record.</summary>
/// <param name="Name">Which.</param>
/// <param name="Message">The message's index, or -1 for all.</param>
/// <param name="Recipient">The recipient's index, or -1 for all.</param>
/// <param name="Kind">How: the number that the spool's journal has for it.</param>
/// <param name="Text">The gateway's words; null for none.</param>
[GenerateSerializer, Immutable, Alias("ecstream.copy-done")]
public readonly record struct CopyDone([property: Id(0)] CopyName Name, [property: Id(1)] int Message, [property: Id(2)] int Recipient, [property: Id(3)] byte Kind, [property: Id(4)] string? Text);

/// <summary>A part of what was done in an owner's place.</summary>
/// <param name="Done">What; nothing at the end.</param>
/// <param name="Next">Where to go on.</param>
[GenerateSerializer, Immutable, Alias("ecstream.copy-outcomes")]
public sealed record CopyOutcomes([property: Id(0)] IReadOnlyList<CopyDone> Done, [property: Id(1)] long Next);
