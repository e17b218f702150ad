using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Grains.Policy;

/// <summary>One entry of the policy log: changes that were made together.</summary>
/// <param name="Version">Its place in the log, from 1 on without a gap.</param>
/// <param name="Id">Made by whoever proposed it: by it a writer in doubt finds out whether his entry is there.</param>
/// <param name="Instant">When, UTC.</param>
/// <param name="Actor">Who.</param>
/// <param name="Source">By which way: <c>console</c>, <c>api</c>.</param>
/// <param name="Reason">Why, in the actor's words; empty if he gave none.</param>
/// <param name="Changes">What, each scope once.</param>
[GenerateSerializer, Immutable, Alias("ecstream.policy-entry")]
public sealed record PolicyEntry(
    [property: Id(0)] long Version,
    [property: Id(1)] Guid Id,
    [property: Id(2)] DateTimeOffset Instant,
    [property: Id(3)] string Actor,
    [property: Id(4)] string Source,
    [property: Id(5)] string Reason,
    [property: Id(6)] IReadOnlyList<PolicyChange> Changes);

/// <summary>A change at one Peer scope.</summary>
/// <param name="Listen">The Listen in its one spelling, or empty for the ECStream_Listener.</param>
/// <param name="Block">The block in its one spelling.</param>
/// <param name="Before">What was set.</param>
/// <param name="After">What is set from then on.</param>
[GenerateSerializer, Immutable, Alias("ecstream.policy-change")]
public sealed record PolicyChange(
    [property: Id(0)] string Listen,
    [property: Id(1)] string Block,
    [property: Id(2)] PeerOverride Before,
    [property: Id(3)] PeerOverride After)
{
    /// <summary>The scope.</summary>
    /// <exception cref="FormatException">The block is none: the log is damaged.</exception>
    public PeerScope ToScope() => CidrBlock.TryParse(Block, out var block)
        ? new PeerScope(Listen, block)
        : throw new FormatException($"The policy log names the Peer scope '{Block}', which is no block of addresses.");
}

/// <summary>Changes to be made together, or not at all.</summary>
/// <param name="Id">Random: the same proposal again is made once.</param>
/// <param name="BaseVersion">
/// The version the proposer goes by: a scope of the proposal that somebody has changed behind it is a conflict.
/// </param>
/// <param name="Actor">Who.</param>
/// <param name="Source">By which way: <c>console</c>, <c>api</c>.</param>
/// <param name="Reason">Why; may be empty.</param>
/// <param name="Changes">What is to be set at which scope; each scope once.</param>
[GenerateSerializer, Immutable, Alias("ecstream.policy-proposal")]
public sealed record PolicyProposal(
    [property: Id(0)] Guid Id,
    [property: Id(1)] long BaseVersion,
    [property: Id(2)] string Actor,
    [property: Id(3)] string Source,
    [property: Id(4)] string Reason,
    [property: Id(5)] IReadOnlyList<ProposedChange> Changes)
{
    /// <summary>Scopes that one proposal may change. A bound on a call's size, far above what a person changes at once.</summary>
    public const int MaxChanges = 10_000;

    /// <summary>Characters of a reason.</summary>
    public const int MaxReasonLength = 1_000;
}

/// <summary>What is to be set at one scope.</summary>
/// <param name="Listen">The Listen in any spelling, or empty for the ECStream_Listener.</param>
/// <param name="Block">The block in any spelling.</param>
/// <param name="After">What is to be set; <see cref="PeerOverride.None"/> to clear the scope.</param>
[GenerateSerializer, Immutable, Alias("ecstream.proposed-change")]
public sealed record ProposedChange([property: Id(0)] string Listen, [property: Id(1)] string Block, [property: Id(2)] PeerOverride After);

/// <summary>What came of a proposal: exactly one of the three is set.</summary>
/// <param name="Entry">The entry that was made of it, in the log and in the grains' state.</param>
/// <param name="Conflict">The entry that changed one of its scopes behind the proposer's back.</param>
/// <param name="Faults">What is wrong with it: a sentence a fault.</param>
[GenerateSerializer, Immutable, Alias("ecstream.policy-outcome")]
public sealed record PolicyOutcome(
    [property: Id(0)] PolicyEntry? Entry, [property: Id(1)] PolicyEntry? Conflict, [property: Id(2)] IReadOnlyList<string> Faults);

/// <summary>What a scope's grain holds as its state for one place of it.</summary>
/// <param name="Listen">The Listen in its one spelling, or empty for the ECStream_Listener.</param>
/// <param name="Override">What is set there.</param>
/// <param name="Version">The version of its last change.</param>
[GenerateSerializer, Immutable, Alias("ecstream.scope-state")]
public sealed record ScopeState([property: Id(0)] string Listen, [property: Id(1)] PeerOverride Override, [property: Id(2)] long Version);

/// <summary>How far a version has reached the nodes that follow.</summary>
/// <param name="Version">The version.</param>
/// <param name="Followers">Nodes that follow.</param>
/// <param name="Confirmed">Those that go by this version or a later one.</param>
/// <param name="Slowest">How long the last of them took; null while there is none.</param>
/// <param name="Missing">The names of the others.</param>
[GenerateSerializer, Immutable, Alias("ecstream.policy-spread")]
public sealed record PolicySpread(
    [property: Id(0)] long Version,
    [property: Id(1)] int Followers,
    [property: Id(2)] int Confirmed,
    [property: Id(3)] TimeSpan? Slowest,
    [property: Id(4)] IReadOnlyList<string> Missing);
