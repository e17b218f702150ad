using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Spool;

/// <summary>
/// Names a copy. A number alone does not: the one of a write that failed goes to another batch. Nor does a batch's id: a batch that was taken back may
/// come again, under another number.
/// </summary>
/// <param name="Number">The record's number in its owner's spool.</param>
/// <param name="Batch">The batch's id.</param>
public readonly record struct CopyKey(long Number, BatchId Batch)
{
    /// <summary>By number, then by batch.</summary>
    internal static Comparer<CopyKey> Order { get; } = Comparer<CopyKey>.Create(static (a, b) =>
        (a.Number, a.Batch.Session, a.Batch.Sequence).CompareTo((b.Number, b.Batch.Session, b.Batch.Sequence)));
}

/// <summary>What has come of a copy, or of the record that it is a copy of.</summary>
/// <param name="Key">Which.</param>
/// <param name="Message">The message's index, or <see cref="SpoolOutcome.AllMessages"/>.</param>
/// <param name="Recipient">The recipient's index, or <see cref="SpoolOutcome.AllRecipients"/>.</param>
/// <param name="Kind">What.</param>
/// <param name="Text">The gateway's words.</param>
public readonly record struct CopyOutcome(CopyKey Key, int Message, int Recipient, OutcomeKind Kind, string Text);
