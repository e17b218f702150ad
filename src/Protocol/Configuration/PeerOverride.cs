using System.Text.Json.Serialization;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// What is set at a Peer scope while the grid runs. It stands where that scope of the file stands and wins over what the file sets
/// there, as a change by console would. Each option stands on its own, perhaps for a time only.
/// </summary>
public sealed record PeerOverride
{
    /// <summary>Nothing is set.</summary>
    public static PeerOverride None { get; } = new();

    /// <summary><c>ECStream_Idle_Time</c>, or null to leave it to the file. Range: that of the option.</summary>
    public TimeSpan? IdleTime { get; init; }

    /// <summary>When <see cref="IdleTime"/> ends; null for never.</summary>
    public DateTimeOffset? IdleTimeUntil { get; init; }

    /// <summary><c>ECStream_Max_Batch_Size</c>, or null to leave it to the file. Range: that of the option.</summary>
    public int? MaxBatchSize { get; init; }

    /// <summary>When <see cref="MaxBatchSize"/> ends; null for never.</summary>
    public DateTimeOffset? MaxBatchSizeUntil { get; init; }

    /// <summary>Whether the peers of the scope may inject at all; false exempts them from a suspension further out; null says nothing.</summary>
    public bool? Suspended { get; init; }

    /// <summary>What a suspended peer is told.</summary>
    public string? SuspendedReason { get; init; }

    /// <summary>When <see cref="Suspended"/> ends; null for never.</summary>
    public DateTimeOffset? SuspendedUntil { get; init; }

    /// <summary>Whether nothing is set.</summary>
    [JsonIgnore]
    public bool IsNone => IdleTime is null && MaxBatchSize is null && Suspended is null;

    /// <summary>When the first of what is set ends; null if nothing does.</summary>
    [JsonIgnore]
    public DateTimeOffset? NextExpiry
    {
        get
        {
            DateTimeOffset? next = null;
            foreach (var until in (ReadOnlySpan<DateTimeOffset?>)[IdleTimeUntil, MaxBatchSizeUntil, SuspendedUntil])
            {
                next = until < next ? until : next ?? until;
            }

            return next;
        }
    }

    /// <summary>What of it holds at an instant.</summary>
    /// <param name="now">The instant.</param>
    public PeerOverride At(DateTimeOffset now)
    {
        if (NextExpiry is not { } expiry || expiry > now)
        {
            return this;
        }

        var (hasIdle, hasBatch, hasSuspended) = (!(IdleTimeUntil <= now), !(MaxBatchSizeUntil <= now), !(SuspendedUntil <= now));
        return new PeerOverride
        {
            IdleTime = hasIdle ? IdleTime : null,
            IdleTimeUntil = hasIdle ? IdleTimeUntil : null,
            MaxBatchSize = hasBatch ? MaxBatchSize : null,
            MaxBatchSizeUntil = hasBatch ? MaxBatchSizeUntil : null,
            Suspended = hasSuspended ? Suspended : null,
            SuspendedReason = hasSuspended ? SuspendedReason : null,
            SuspendedUntil = hasSuspended ? SuspendedUntil : null,
        };
    }

    /// <summary>What is wrong with the values: a sentence a fault, naming the option, the value and the range.</summary>
    public IEnumerable<string> Validate()
    {
        if (IdleTime is { } time && (time < PolicyLimits.MinIdleTime || time > PolicyLimits.MaxIdleTime || time.Ticks % TimeSpan.TicksPerSecond != 0))
        {
            yield return $"{OptionDefinitions.IdleTime.Name}: expected an integer from {PolicyLimits.MinIdleTime.TotalSeconds} to {PolicyLimits.MaxIdleTime.TotalSeconds} (seconds), found '{time.TotalSeconds}'";
        }

        if (MaxBatchSize < PolicyLimits.MinMaxBatchSize)
        {
            yield return $"{OptionDefinitions.MaxBatchSize.Name}: expected an integer of at least {PolicyLimits.MinMaxBatchSize} (messages), found '{MaxBatchSize}'";
        }
    }
}
