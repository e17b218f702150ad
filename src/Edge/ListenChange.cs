namespace EcStreamOrleans.Edge;

/// <summary>What a new configuration made of a Listen.</summary>
public enum ListenChangeKind
{
    /// <summary>It is bound, and was not before.</summary>
    Opened,

    /// <summary>It is bound no more; its sessions are answered and closed.</summary>
    Closed,

    /// <summary>It stays bound, its sessions live on, and its options are others.</summary>
    Changed,

    /// <summary>The system refused. It is tried again with the next configuration.</summary>
    Failed,
}

/// <summary>A Listen that a new configuration changed, or could not change.</summary>
/// <param name="Address">As the configuration writes it; for one that is gone, as it wrote it.</param>
/// <param name="Kind">What came of it.</param>
/// <param name="Error">For <see cref="ListenChangeKind.Failed"/>: why, with the system's error number.</param>
public sealed record ListenChange(string Address, ListenChangeKind Kind, string? Error);
