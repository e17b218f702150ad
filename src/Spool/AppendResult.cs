namespace EcStreamOrleans.Spool;

/// <summary>The ways an append can end. The set is closed.</summary>
public enum AppendStatus
{
    /// <summary>The batch is on disk.</summary>
    Durable,

    /// <summary>The batch was already on disk under its id; the result names that first record.</summary>
    Duplicate,

    /// <summary>There is no room, on the disk or in the queue. Try later.</summary>
    Full,

    /// <summary>
    /// The disk failed, or the batch cannot be written at all. Whether it is on disk is unknown until the process ends: an append
    /// under the same id, now or after a restart, leaves exactly one record. Try later.
    /// </summary>
    Failed,

    /// <summary>The spool is closing and took nothing. Try later.</summary>
    Stopping,
}

/// <summary>What became of an append.</summary>
/// <param name="Status">The outcome.</param>
/// <param name="RecordNumber">The record that holds the batch, or -1 when none does.</param>
/// <param name="Reason">For a person: which limit, the value seen and the value allowed, or what the disk said. Null when the batch is durable.</param>
public readonly record struct AppendResult(AppendStatus Status, long RecordNumber, string? Reason);
