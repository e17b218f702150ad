namespace EcStreamOrleans.Spool;

/// <summary>A snapshot of a spool for people and for metrics.</summary>
public sealed record SpoolStatus
{
    /// <summary>
    /// False while the disk is full or failing. Only another append (or outcome) tries the disk again, so mail must go on being offered to a spool that
    /// is not healthy: refusing is cheap.
    /// </summary>
    public required bool Healthy { get; init; }

    /// <summary>Why the spool is not healthy; null when it is.</summary>
    public required string? Reason { get; init; }

    /// <summary>Segments that hold records, the open one included.</summary>
    public required int SegmentsInUse { get; init; }

    /// <summary>Segments ready to be written.</summary>
    public required int SegmentsSpare { get; init; }

    /// <summary>The bytes of all segment files, spare ones included: what counts against the limit.</summary>
    public required long BytesUsed { get; init; }

    /// <summary>Records with a message that is not done.</summary>
    public required long RecordsWaiting { get; init; }

    /// <summary>Messages that are not done.</summary>
    public required long MessagesWaiting { get; init; }

    /// <summary>When the oldest waiting record was accepted; null when none waits.</summary>
    public required DateTimeOffset? OldestAcceptedAt { get; init; }

    /// <summary>When the last flush of records ended; null before the first.</summary>
    public required DateTimeOffset? LastFlushAt { get; init; }

    /// <summary>How long the last write and flush of records took.</summary>
    public required TimeSpan LastFlushDuration { get; init; }

    /// <summary>Messages kept under <c>failed/</c>.</summary>
    public required long FailedMessages { get; init; }

    /// <summary>Records made durable since the spool was opened.</summary>
    public required long Records { get; init; }

    /// <summary>Messages made durable since the spool was opened.</summary>
    public required long Messages { get; init; }

    /// <summary>Bytes of packages made durable since the spool was opened.</summary>
    public required long Bytes { get; init; }

    /// <summary>Flushes of records since the spool was opened.</summary>
    public required long Flushes { get; init; }

    /// <summary>Appends answered by an earlier record of the same batch id, or joined to one under way.</summary>
    public required long Duplicates { get; init; }
}

/// <summary>What opening a spool found.</summary>
public sealed record RecoveryReport
{
    /// <summary>Whole records found in segments that are not released, done or not.</summary>
    public required int Records { get; init; }

    /// <summary>Records with at least one message that is not done: they are handed out again.</summary>
    public required int WaitingRecords { get; init; }

    /// <summary>Messages that are not done.</summary>
    public required long WaitingMessages { get; init; }

    /// <summary>Bytes of records at the end of the log that were never acknowledged and were cut off.</summary>
    public required long TornBytes { get; init; }

    /// <summary>Files under <c>quarantine/</c> written by this recovery, one for every damaged stretch that was acknowledged.</summary>
    public required IReadOnlyList<string> Quarantined { get; init; }

    /// <summary>Records of an earlier use of a segment, which mean nothing any more.</summary>
    public required int StaleRecords { get; init; }

    /// <summary>Stretches of the outcome journal that could not be read: a torn end, or damage.</summary>
    public required int DamagedJournalFrames { get; init; }

    /// <summary>How long recovery took.</summary>
    public required TimeSpan Duration { get; init; }
}
