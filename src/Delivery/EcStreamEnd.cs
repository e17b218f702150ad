namespace EcStreamOrleans.Delivery;

/// <summary>The closed set of ways in which a connection to an ECStream server ends.</summary>
public enum EcStreamEndKind
{
    /// <summary>The server closed between two replies.</summary>
    Closed,

    /// <summary>The server closed inside a reply; the part is dropped.</summary>
    ClosedInsideReply,

    /// <summary>The connection was reset, or the network lost it.</summary>
    Reset,

    /// <summary>The server sent something that is no reply, or a reply to nothing.</summary>
    Malformed,

    /// <summary>The server owed a reply and did not send it in time.</summary>
    TimedOut,

    /// <summary>This side gave the connection up.</summary>
    Aborted,
}

/// <summary>How a connection ended. Every package sent on it that has no reply by now will never have one.</summary>
/// <param name="Kind">Which of the closed set.</param>
/// <param name="Answered">How many packages had a reply: the first ones sent, in their order.</param>
/// <param name="Unanswered">How many had none; whether the server took them is unknown.</param>
/// <param name="Text">Words for a log or a person.</param>
public sealed record EcStreamEnd(EcStreamEndKind Kind, long Answered, long Unanswered, string Text)
{
    /// <summary>
    /// Whether the server behaves as a classic QMQP server does, which takes one package a connection and closes after
    /// the reply, with more packages on their way. A reset looks the same: closing with unread octets sends one.
    /// The sender then goes on with one message a connection.
    /// </summary>
    public bool SuggestsOnePackageAConnection =>
        Answered == 1 && Unanswered > 0 && Kind is (EcStreamEndKind.Closed or EcStreamEndKind.Reset);
}
