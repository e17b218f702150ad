namespace EcStreamOrleans.Spool;

/// <summary>How a message, or one recipient of it, came to its end. The set is closed and all of it means done.</summary>
public enum OutcomeKind : byte
{
    /// <summary>A gateway took it.</summary>
    Delivered = 1,

    /// <summary>A gateway refused it for good; the package is kept under <c>failed/</c>.</summary>
    Failed = 2,

    /// <summary>It waited longer than it may; the package is kept under <c>failed/</c>.</summary>
    Expired = 3,

    /// <summary>It was never acknowledged, and its record was taken back. Only <see cref="MailSpool.VoidAsync"/> records it.</summary>
    Void = 4,
}

/// <summary>
/// One outcome to be journaled. An outcome of a single recipient closes that recipient only, since the spool does not look into
/// packages and does not know how many there are; the message is done with an outcome for <see cref="AllRecipients"/>.
/// </summary>
/// <param name="RecordNumber">The record.</param>
/// <param name="Message">The message's index in the record, or <see cref="AllMessages"/> of it, which only what was delivered can have.</param>
/// <param name="Recipient">The recipient's index in the message, or <see cref="AllRecipients"/>: every one that is not closed yet, and the message with them.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Text">The gateway's words; what goes beyond <see cref="MaxTextBytes"/> bytes of UTF-8 is cut. Kept for what failed or expired.</param>
public readonly record struct SpoolOutcome(long RecordNumber, int Message, int Recipient, OutcomeKind Kind, string Text)
{
    /// <summary>Stands for all recipients that have no outcome yet.</summary>
    public const int AllRecipients = -1;

    /// <summary>Stands for all messages of a record that are not done yet; goes with <see cref="AllRecipients"/>.</summary>
    public const int AllMessages = -1;

    /// <summary>The most bytes of UTF-8 kept of the gateway's words.</summary>
    public const int MaxTextBytes = 512;
}
