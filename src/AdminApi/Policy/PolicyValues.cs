using System.Text.Json.Serialization;

namespace EcStreamOrleans.AdminApi;

/// <summary>What is set at a Peer scope. A member that is not there is not set.</summary>
public sealed record PolicyValues
{
    /// <summary><c>ECStream_Idle_Time</c> in seconds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? IdleTime { get; init; }

    /// <summary>When that ends, UTC.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? IdleTimeUntil { get; init; }

    /// <summary><c>ECStream_Max_Batch_Size</c> in messages.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MaxBatchSize { get; init; }

    /// <summary>When that ends, UTC.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? MaxBatchSizeUntil { get; init; }

    /// <summary>Whether the peers of the scope are suspended; false exempts them from a suspension further out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Suspended { get; init; }

    /// <summary>What a suspended peer is told.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SuspendedReason { get; init; }

    /// <summary>When that ends, UTC.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? SuspendedUntil { get; init; }
}

/// <summary>The body of <c>PUT</c> and <c>PATCH /api/v1/policy/overrides/{block}</c>. In a <c>PATCH</c> a member that is not there stays as it is, and null unsets it.</summary>
/// <param name="IdleTime"><c>ECStream_Idle_Time</c> in seconds, a whole number.</param>
/// <param name="IdleTimeUntil">When that ends; for ever if it is not there.</param>
/// <param name="MaxBatchSize"><c>ECStream_Max_Batch_Size</c> in messages.</param>
/// <param name="MaxBatchSizeUntil">When that ends.</param>
/// <param name="Reason">Why; it goes into the policy log.</param>
public sealed record OverrideRequest(int? IdleTime, DateTimeOffset? IdleTimeUntil, int? MaxBatchSize, DateTimeOffset? MaxBatchSizeUntil, string? Reason);

/// <summary>The body of <c>POST /api/v1/policy/changes</c>.</summary>
/// <param name="BaseVersion">The version of the policy that the changes were made for.</param>
/// <param name="Reason">Why.</param>
/// <param name="Changes">What is to be set at which scope, each scope once.</param>
public sealed record ChangesRequest(long BaseVersion, string? Reason, IReadOnlyList<ChangeRequest> Changes);

/// <summary>A change at one scope: either <see cref="Set"/> or <see cref="Clear"/>.</summary>
/// <param name="Listen">The Listen's address, or nothing for the ECStream_Listener.</param>
/// <param name="Block">The block.</param>
/// <param name="Set">All that is to be set there, suspension included: what is not named is unset.</param>
/// <param name="Clear">True to unset everything.</param>
public sealed record ChangeRequest(string? Listen, string Block, PolicyValues? Set, bool? Clear);

/// <summary>The body of <c>POST /api/v1/policy/suspensions</c>.</summary>
/// <param name="Block">The block.</param>
/// <param name="Listen">The Listen's address, or nothing for the ECStream_Listener.</param>
/// <param name="Reason">Why: the suspended peer is told, and it goes into the policy log.</param>
/// <param name="Until">When the suspension ends by itself; never if it is not there.</param>
public sealed record SuspensionRequest(string Block, string? Listen, string Reason, DateTimeOffset? Until);
