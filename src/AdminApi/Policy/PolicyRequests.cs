using System.Text.Json.Serialization;

namespace EcStreamOrleans.AdminApi;

/// <summary>The body of <c>PUT</c> and <c>PATCH /api/v1/policy/overrides/{block}</c>. In a <c>PATCH</c> a member that is not there stays as it is, and null unsets it.</summary>
public sealed record OverrideRequest
{
    /// <summary><c>ECStream_Idle_Time</c> in seconds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? IdleTime { get; init; }

    /// <summary>When that ends; never if it is not there.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? IdleTimeUntil { get; init; }

    /// <summary><c>ECStream_Max_Batch_Size</c> in messages.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MaxBatchSize { get; init; }

    /// <summary>When that ends; never if it is not there.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? MaxBatchSizeUntil { get; init; }

    /// <summary>Why; it goes into the policy log.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }
}

/// <summary>The body of <c>POST /api/v1/policy/changes</c>.</summary>
public sealed record ChangesRequest
{
    /// <summary>The version of the policy that the changes were made for.</summary>
    public required long BaseVersion { get; init; }

    /// <summary>Why; it goes into the policy log.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>What is to be set at which scope, each scope once.</summary>
    public required IReadOnlyList<ChangeRequest> Changes { get; init; }
}

/// <summary>A change at one scope: either <see cref="Set"/> or <see cref="Clear"/>.</summary>
public sealed record ChangeRequest
{
    /// <summary>The Listen's address, or nothing for the ECStream_Listener.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Listen { get; init; }

    /// <summary>The block.</summary>
    public required string Block { get; init; }

    /// <summary>All that is to be set there, suspension included: what is not named is unset.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PolicyValues? Set { get; init; }

    /// <summary>True to unset everything.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Clear { get; init; }
}

/// <summary>The body of <c>POST /api/v1/policy/suspensions</c>.</summary>
public sealed record SuspensionRequest
{
    /// <summary>The Listen's address, or nothing for the ECStream_Listener.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Listen { get; init; }

    /// <summary>The block.</summary>
    public required string Block { get; init; }

    /// <summary>Why: the suspended peer is told, and it goes into the policy log.</summary>
    public required string Reason { get; init; }

    /// <summary>When the suspension ends by itself; never if it is not there.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Until { get; init; }
}
