using EcStreamOrleans.Grains;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Edge;

/// <summary>What one peer has sent through this edge since it started.</summary>
public sealed class PeerTraffic
{
    private readonly TimeProvider _clock;
    private int _sessions;
    private long _batches;
    private long _accepted;
    private long _deferred;
    private long _rejected;
    private long _bytes;
    private long _lastActivity;

    internal PeerTraffic(PeerId peer, TimeProvider clock)
    {
        Peer = peer;
        _clock = clock;
        Touch();
    }

    /// <summary>The peer.</summary>
    public PeerId Peer { get; }

    /// <summary>Sessions open.</summary>
    public int Sessions => Volatile.Read(ref _sessions);

    /// <summary>Batches accepted.</summary>
    public long Batches => Interlocked.Read(ref _batches);

    /// <summary>Messages answered with <c>K</c>.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>Messages answered with <c>Z</c>.</summary>
    public long Deferred => Interlocked.Read(ref _deferred);

    /// <summary>Messages answered with <c>D</c>.</summary>
    public long Rejected => Interlocked.Read(ref _rejected);

    /// <summary>Octets of accepted packages.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>When a session was last opened, closed or answered, UTC.</summary>
    public DateTimeOffset LastActivity => _clock.GetUtcNow() - SinceActivity;

    internal TimeSpan SinceActivity => _clock.GetElapsedTime(Interlocked.Read(ref _lastActivity));

    internal void SessionOpened()
    {
        Interlocked.Increment(ref _sessions);
        Touch();
    }

    internal void SessionClosed()
    {
        Interlocked.Decrement(ref _sessions);
        Touch();
    }

    internal void Count(MailBatch batch, BatchStatus status)
    {
        if (status == BatchStatus.Accepted)
        {
            Interlocked.Increment(ref _batches);
            Interlocked.Add(ref _accepted, batch.Count);
            Interlocked.Add(ref _bytes, batch.Length);
        }
        else
        {
            Interlocked.Add(ref _deferred, batch.Count);
        }

        Touch();
    }

    internal void Count(IReadOnlyList<Refusal> refusals)
    {
        foreach (var refusal in refusals)
        {
            Interlocked.Increment(ref refusal.Code == ReplyCode.Rejected ? ref _rejected : ref _deferred);
        }
    }

    private void Touch() => Interlocked.Exchange(ref _lastActivity, _clock.GetTimestamp());
}
