namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// What is set for one peer while the grid runs. It stands where the scope <c>Peer</c> of <c>ECStream_Listener</c> for this
/// peer's address stands, and wins over what the file sets there, as a change by console would.
/// </summary>
/// <param name="IdleTime">The peer's idle time, or <see langword="null"/> to leave it to the file.</param>
/// <param name="MaxBatchSize">The peer's batch size, or <see langword="null"/> to leave it to the file.</param>
public sealed record PeerOverrides(TimeSpan? IdleTime, int? MaxBatchSize)
{
    /// <summary>Nothing is set for the peer.</summary>
    public static PeerOverrides None { get; } = new(null, null);
}
