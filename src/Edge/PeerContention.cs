namespace EcStreamOrleans.Edge;

/// <summary>Whether several peers send at the same time: then each of them keeps its batches small, since the others wait behind them.</summary>
/// <remarks>Written by every session without a lock: what a race loses is one batch's notice.</remarks>
internal sealed class PeerContention(TimeProvider clock)
{
    /// <summary>How long the edge counts as shared behind the last batch of another peer: some replies and their next messages.</summary>
    private static readonly TimeSpan SharedFor = TimeSpan.FromMilliseconds(100);

    private PeerTraffic? _last;
    private long _changedAt;

    /// <summary>A peer sends.</summary>
    /// <returns>Whether another one does, too.</returns>
    public bool Note(PeerTraffic peer)
    {
        var last = Volatile.Read(ref _last);
        if (ReferenceEquals(last, peer))
        {
            return clock.GetElapsedTime(Volatile.Read(ref _changedAt)) < SharedFor;
        }

        Volatile.Write(ref _last, peer);
        if (last is null)
        {
            return false;
        }

        Volatile.Write(ref _changedAt, Math.Max(1, clock.GetTimestamp()));
        return true;
    }
}
