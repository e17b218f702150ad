using System.Diagnostics.CodeAnalysis;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Delivery;

/// <summary>What <see cref="EcStreamConnection.ReadReplyAsync"/> found: the next reply, or the end of the connection.</summary>
public readonly record struct EcStreamReply
{
    internal EcStreamReply(long index, Reply reply)
    {
        Index = index;
        Reply = reply;
    }

    internal EcStreamReply(EcStreamEnd end)
    {
        Index = end.Answered;
        End = end;
    }

    /// <summary>Whether the connection has ended; there is no reply then.</summary>
    [MemberNotNullWhen(true, nameof(End))]
    public bool HasEnded => End is not null;

    /// <summary>Which package the reply belongs to, counted from 0 in the order of sending; at the end, the first one without a reply.</summary>
    public long Index { get; }

    /// <summary>The reply; meaningless when <see cref="HasEnded"/>.</summary>
    public Reply Reply { get; }

    /// <summary>How the connection ended, or null.</summary>
    public EcStreamEnd? End { get; }
}
