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
