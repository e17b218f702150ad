using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Cli.Sinking;

/// <summary>What all connections of a sink have taken, and who may take one more.</summary>
internal sealed class SinkCounts(int? max)
{
    private readonly TaskCompletionSource _full = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _tickets;
    private long _replied;
    private long _accepted;
    private long _deferred;
    private long _rejected;
    private long _malformed;
    private long _bytes;

    /// <summary>Completes when the last message allowed has its reply.</summary>
    public Task Full => _full.Task;

    public long Malformed => Volatile.Read(ref _malformed);

    /// <summary>Whether every message that was asked for came.</summary>
    public bool IsComplete => max is null || Volatile.Read(ref _replied) >= max;

    /// <summary>Claims a place for one message. Without one the message is left unanswered.</summary>
    public bool TryClaim() => max is null || Interlocked.Increment(ref _tickets) <= max;

    public void Count(ReplyCode code, long bytes)
    {
        Interlocked.Add(ref _bytes, bytes);
        switch (code)
        {
            case ReplyCode.Accepted:
                Interlocked.Increment(ref _accepted);
                break;
            case ReplyCode.Deferred:
                Interlocked.Increment(ref _deferred);
                break;
            default:
                Interlocked.Increment(ref _rejected);
                break;
        }
    }

    public void CountMalformed() => Interlocked.Increment(ref _malformed);

    /// <summary>Replies have left.</summary>
    public void Replied(int count)
    {
        if (Interlocked.Add(ref _replied, count) >= max)
        {
            _full.TrySetResult();
        }
    }

    public override string ToString() =>
        $"accepted {_accepted}, deferred {_deferred}, rejected {_rejected} messages, {_bytes} bytes; {_malformed} malformed streams";
}
