namespace EcStreamOrleans.Grains.Nodes;

/// <summary>What changes would have done to the traffic that one node remembers.</summary>
/// <param name="Since">The instant of the oldest batch that is remembered; null if none is.</param>
/// <param name="Remembered">Batches, and ends of silent sessions, that are remembered.</param>
/// <param name="Peers">The peers for whom anything would have been different.</param>
[GenerateSerializer, Immutable, Alias("ecstream.node-trial")]
public sealed record NodeTrial([property: Id(0)] DateTimeOffset? Since, [property: Id(1)] long Remembered, [property: Id(2)] IReadOnlyList<PeerTrial> Peers);

/// <summary>What a change would have done to one peer.</summary>
/// <param name="Peer">The peer's key.</param>
/// <param name="Batches">Its batches that are remembered.</param>
/// <param name="BatchesSmaller">Of them, those that would have been cut.</param>
/// <param name="BatchesLarger">Those that were as large as they might be, and might have been larger.</param>
/// <param name="MessagesRefused">Messages that would have been put off, because the peer would have been suspended.</param>
/// <param name="SessionsClosedEarlier">Sessions that would have been closed in a silence that they outlived.</param>
/// <param name="SessionsKeptLonger">Sessions that were closed in a silence that they would have outlived.</param>
[GenerateSerializer, Immutable, Alias("ecstream.peer-trial")]
public sealed record PeerTrial(
    [property: Id(0)] string Peer,
    [property: Id(1)] long Batches,
    [property: Id(2)] long BatchesSmaller,
    [property: Id(3)] long BatchesLarger,
    [property: Id(4)] long MessagesRefused,
    [property: Id(5)] long SessionsClosedEarlier,
    [property: Id(6)] long SessionsKeptLonger)
{
    /// <summary>Whether nothing would have been different.</summary>
    public bool IsUnchanged => BatchesSmaller + BatchesLarger + MessagesRefused + SessionsClosedEarlier + SessionsKeptLonger == 0;

    /// <summary>The same peer on two nodes.</summary>
    /// <param name="other">On the other.</param>
    public PeerTrial Plus(PeerTrial other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new(
            Peer,
            Batches + other.Batches,
            BatchesSmaller + other.BatchesSmaller,
            BatchesLarger + other.BatchesLarger,
            MessagesRefused + other.MessagesRefused,
            SessionsClosedEarlier + other.SessionsClosedEarlier,
            SessionsKeptLonger + other.SessionsKeptLonger);
    }
}
