namespace EcStreamOrleans.Grains;

/// <summary>The rates of one peer: a batch passes both limits or takes from neither.</summary>
internal sealed class PeerRates(string peer, PeerLimits limits)
{
    private readonly RateLimit? _messages = limits.MaxMessagesPerSecond > 0 ? new(limits.MaxMessagesPerSecond) : null;
    private readonly RateLimit? _bytes = limits.MaxBytesPerSecond > 0 ? new(limits.MaxBytesPerSecond) : null;

    /// <summary>Whether there is any limit: without one nothing needs to be asked or remembered.</summary>
    public bool IsLimited => _messages is not null || _bytes is not null;

    /// <summary>Takes a batch's messages and octets, or says why it is deferred.</summary>
    /// <param name="messages">Messages.</param>
    /// <param name="bytes">Octets.</param>
    /// <param name="now">The time since any fixed instant.</param>
    /// <returns>The deferral, or null if the batch passes.</returns>
    public BatchVerdict? Take(int messages, long bytes, TimeSpan now)
    {
        if (Defer(_messages, messages, now, "messages", "", "MaxMessagesPerSecondPerPeer") is { } tooMany)
        {
            return tooMany;
        }

        if (Defer(_bytes, bytes, now, "bytes", " bytes", "MaxBytesPerSecondPerPeer") is { } tooBig)
        {
            return tooBig;
        }

        _messages?.Take(messages, now);
        _bytes?.Take(bytes, now);
        return null;
    }

    /// <summary>
    /// How long a session that has just had its turn is not to be read. It grows with what the peer has used of its second, so
    /// that sessions slow down before any batch is deferred, the more of them the sooner.
    /// </summary>
    /// <param name="now">The time since the same instant.</param>
    public TimeSpan Pause(TimeSpan now)
    {
        var messages = _messages?.UntilHalfFull(now) ?? TimeSpan.Zero;
        var bytes = _bytes?.UntilHalfFull(now) ?? TimeSpan.Zero;
        return messages > bytes ? messages : bytes;
    }

    private BatchVerdict? Defer(RateLimit? limit, long amount, TimeSpan now, string what, string unit, string name)
    {
        if (limit is null || limit.WaitFor(amount, now) == TimeSpan.Zero)
        {
            return null;
        }

        var text = $"4.3.2 too many {what} of peer {peer}: {limit.RateWith(amount, now)}{unit}/s > {limit.PerSecond}{unit}/s (Grid:Limits:{name})";
        return BatchVerdict.Defer(text) with { Limit = name };
    }
}
