using EcStreamOrleans.Grains.Nodes;

namespace EcStreamOrleans.Edge;

/// <summary>What an operator sees of a session and does to it.</summary>
internal sealed partial class EdgeSession
{
    private bool _isClosedByOperator;

    /// <summary>When the edge took it into its registry, UTC.</summary>
    public DateTimeOffset OpenedAt { get; set; }

    /// <summary>The session as it is now.</summary>
    public SessionSnapshot Snapshot()
    {
        var policy = _policy;
        var silent = _clock.SinceActivity;
        var left = policy.IdleTime.Value - silent;
        return new SessionSnapshot(
            Id,
            Peer.Key,
            Listen,
            _edge.Name,
            OpenedAt,
            Messages,
            Bytes,
            _edge.Clock.GetUtcNow() - silent,

            // While a reply is owed the client is not idle, however long it takes.
            OwesReplies ? policy.IdleTime.Value : left > TimeSpan.Zero ? left : TimeSpan.Zero,
            policy,
            _refusal?.Text,
            _isClosedByOperator,
            Where);
    }

    /// <summary>Ends the session: what was read is answered first, a part of a package is dropped.</summary>
    /// <param name="actor">Who wants it.</param>
    /// <param name="reason">Why; may be empty.</param>
    /// <returns>False if an operator has closed it already.</returns>
    public bool Close(string actor, string reason)
    {
        if (Interlocked.Exchange(ref _isClosedByOperator, true))
        {
            return false;
        }

        _edge.Log.SessionClosedByOperator(Id, Peer.Key, actor, reason);
        RequestEnd(SessionEnd.ClosedByOperator);
        return true;
    }
}
