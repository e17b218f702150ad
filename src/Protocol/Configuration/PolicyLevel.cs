namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>What one scope sets of the two options of a policy, before any fallback.</summary>
/// <param name="Origin">The scope, as <see cref="Effective{T}.Origin"/> names it.</param>
/// <param name="IdleTime"><c>ECStream_Idle_Time</c>, or <see langword="null"/> if the scope does not set it.</param>
/// <param name="MaxBatchSize"><c>ECStream_Max_Batch_Size</c>, or <see langword="null"/> if the scope does not set it.</param>
public sealed record PolicyLevel(string Origin, TimeSpan? IdleTime, int? MaxBatchSize)
{
    /// <summary>Whether peers are suspended here; never set by a file.</summary>
    internal bool? Suspended { get; init; }

    /// <summary>What a suspended peer is told.</summary>
    internal string? SuspendedReason { get; init; }
}
