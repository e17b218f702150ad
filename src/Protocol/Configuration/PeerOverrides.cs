namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>What is set for one peer while the grid runs.</summary>
/// <param name="IdleTime">The peer's idle time, or <see langword="null"/> to leave it to the file.</param>
/// <param name="MaxBatchSize">The peer's batch size, or <see langword="null"/> to leave it to the file.</param>
public sealed record PeerOverrides(TimeSpan? IdleTime, int? MaxBatchSize)
{
    /// <summary>Nothing is set for the peer.</summary>
    public static PeerOverrides None { get; } = new(null, null);

    /// <summary>The scope that effective values name as their origin. Default: <c>Peer</c>.</summary>
    public string Origin { get; init; } = "Peer";
}
