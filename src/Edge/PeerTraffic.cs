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
    private long _untoldBatches;
    private long _untoldMessages;
    private volatile bool _isGrainElsewhere;

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

    /// <summary>Whether the peer's grain was on another silo when it last answered a batch. It may have moved since: a wrong guess is slower and nothing else.</summary>
    internal bool IsGrainElsewhere
    {
        get => _isGrainElsewhere;
        set => _isGrainElsewhere = value;
    }

    /// <summary>The claim for a batch, with what the grain has not been told of earlier ones. Told once: a claim whose answer is lost may have told it.</summary>
    internal BatchClaim Claim(MailBatch batch, SiloAddress enteredAt) => new(
        batch.Id.Session,
        batch.Id.Sequence,
        batch.Listen,
        batch.Count,
        batch.Length,
        enteredAt,
        Interlocked.Exchange(ref _untoldBatches, 0),
        Interlocked.Exchange(ref _untoldMessages, 0));

    /// <summary>The spool has taken a batch that the grain gave leave for.</summary>
    internal void TakenByClaim(MailBatch batch)
    {
        Interlocked.Increment(ref _untoldBatches);
        Interlocked.Add(ref _untoldMessages, batch.Count);
    }

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
