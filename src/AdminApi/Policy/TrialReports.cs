namespace EcStreamOrleans.AdminApi;

/// <summary>The body of <c>POST /api/v1/policy/trial</c>.</summary>
/// <param name="Changes">What would be changed: each scope once.</param>
public sealed record TrialRequest(IReadOnlyList<ChangeRequest> Changes);

/// <summary>What changes would have done to the traffic that the nodes remember.</summary>
/// <param name="Summary">In a sentence: <c>3 peers: 1,832 batches smaller, 12 sessions closed earlier</c>.</param>
/// <param name="Since">The instant of the oldest batch that is remembered; null if none is.</param>
/// <param name="Remembered">Batches, and ends of silent sessions, that are remembered.</param>
/// <param name="Peers">The peers for whom anything would have been different, those with the most traffic first.</param>
public sealed record TrialReport(string Summary, DateTimeOffset? Since, long Remembered, IReadOnlyList<TrialPeer> Peers)
{
    /// <summary>Nodes that did not answer: their traffic is not in it.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];
}

/// <summary>What they would have done to one peer.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Batches">Its batches that are remembered.</param>
/// <param name="BatchesSmaller">Of them, those that would have been cut.</param>
/// <param name="BatchesLarger">Those that were as large as they might be, and might have been larger.</param>
/// <param name="MessagesRefused">Messages that would have been put off, because the peer would have been suspended.</param>
/// <param name="SessionsClosedEarlier">Sessions that would have been closed in a silence that they outlived.</param>
/// <param name="SessionsKeptLonger">Sessions that were closed in a silence that they would have outlived.</param>
public sealed record TrialPeer(
    string Peer, long Batches, long BatchesSmaller, long BatchesLarger, long MessagesRefused, long SessionsClosedEarlier, long SessionsKeptLonger);
