namespace EcStreamOrleans.Edge;

/// <summary>Messages answered, by verdict.</summary>
/// <param name="Accepted">With <c>K</c>.</param>
/// <param name="Deferred">With <c>Z</c>.</param>
/// <param name="Rejected">With <c>D</c>.</param>
public sealed record TrafficTotals(long Accepted, long Deferred, long Rejected)
{
    internal static TrafficTotals None { get; } = new(0, 0, 0);

    internal TrafficTotals Plus(PeerTraffic peer) => new(Accepted + peer.Accepted, Deferred + peer.Deferred, Rejected + peer.Rejected);
}
