namespace EcStreamOrleans.Spool;

/// <summary>A segment in use. Its counters belong to <see cref="RecordTable"/>'s lock.</summary>
internal sealed class Segment(int index, string path, ISpoolFile file, long capacity)
{
    public int Index { get; } = index;

    public string Path { get; } = path;

    public ISpoolFile File { get; } = file;

    /// <summary>What counts against the spool's limit: the size it has, or will grow to.</summary>
    public long Capacity { get; } = capacity;

    public long Generation { get; set; }

    public long FirstRecord { get; set; }

    public long VoidFrom { get; set; } = long.MaxValue;

    public int Waiting { get; set; }

    public bool IsSealed { get; set; }

    /// <summary>A write failed here, or the size is odd: the file is deleted when it is free, not used again.</summary>
    public bool IsDisposable { get; set; }

    /// <summary>Damaged bytes could not be copied to quarantine: the segment is their only home and stays.</summary>
    public bool IsHeld { get; set; }

    public List<long> DoneRecords { get; } = [];

    /// <summary>Those of the done records that were taken back: their batches may come again.</summary>
    public HashSet<long> VoidRecords { get; } = [];
}

/// <summary>A record that waits: where it is and which of its messages are done.</summary>
internal sealed class RecordEntry(long number, Segment segment, long offset, RecordHeader header)
{
    public long Number { get; } = number;

    public Segment Segment { get; } = segment;

    public long Offset { get; } = offset;

    public RecordHeader Header { get; } = header;

    public int Remaining { get; set; } = header.Count;

    /// <summary>Its place among the records that wait; null when it does not.</summary>
    public LinkedListNode<RecordEntry>? Place { get; set; }

    public HashSet<(int Message, int Recipient)>? Done { get; set; }
}

/// <summary>What waits, in memory. The writer adds, the journal marks done; one lock guards both.</summary>
internal sealed class RecordTable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, RecordEntry> _waiting = [];
    private readonly LinkedList<RecordEntry> _inOrder = [];
    private readonly HashSet<Segment> _segments = [];
    private long _messages;

    public (int Segments, int Records, long Messages, DateTimeOffset? Oldest) Totals()
    {
        lock (_gate)
        {
            return (_segments.Count, _waiting.Count, _messages, _inOrder.First is { Value: var oldest } ? new DateTimeOffset(oldest.Header.AcceptedTicks, TimeSpan.Zero) : null);
        }
    }

    public void AddSegment(Segment segment)
    {
        lock (_gate)
        {
            _segments.Add(segment);
        }
    }

    public void RemoveSegment(Segment segment)
    {
        lock (_gate)
        {
            _segments.Remove(segment);
        }
    }

    /// <summary>Adds a durable record with what the journal says of it. False when nothing of it waits.</summary>
    public bool Add(RecordEntry entry, HashSet<(int Message, int Recipient)>? done)
    {
        lock (_gate)
        {
            _segments.Add(entry.Segment);
            if (done is not null)
            {
                entry.Done = done;
                var all = done.Contains((SpoolOutcome.AllRecipients, SpoolOutcome.AllRecipients));
                entry.Remaining = all ? 0 : entry.Header.Count - done.Count(pair => pair.Recipient == SpoolOutcome.AllRecipients && (uint)pair.Message < (uint)entry.Header.Count);
            }

            if (entry.Remaining == 0)
            {
                entry.Segment.DoneRecords.Add(entry.Number);
                return false;
            }

            _waiting.Add(entry.Number, entry);
            entry.Place = _inOrder.AddLast(entry);
            entry.Segment.Waiting++;
            _messages += entry.Remaining;
            return true;
        }
    }

    /// <summary>All that wait, the oldest first.</summary>
    public List<SpoolRecordRef> Waiting()
    {
        lock (_gate)
        {
            return [.. _inOrder.Select(entry => new SpoolRecordRef(entry.Number, entry.Header))];
        }
    }

    /// <summary>The messages and recipients of a record that are done, while others are not.</summary>
    public List<(int Message, int Recipient)> DoneOf(long number)
    {
        lock (_gate)
        {
            return _waiting.TryGetValue(number, out var entry) ? [.. entry.Done ?? []] : [];
        }
    }

    public RecordEntry? Find(long number)
    {
        lock (_gate)
        {
            return _waiting.GetValueOrDefault(number);
        }
    }

    public bool IsDone(RecordEntry entry, int message, int recipient)
    {
        lock (_gate)
        {
            return entry.Remaining == 0 || (entry.Done is { } done
                && (done.Contains((message, SpoolOutcome.AllRecipients)) || done.Contains((message, recipient))));
        }
    }

    /// <summary>Takes in an outcome that is durable in the journal.</summary>
    public void Apply(SpoolOutcome outcome)
    {
        lock (_gate)
        {
            if (!_waiting.TryGetValue(outcome.RecordNumber, out var entry)
                || !(entry.Done ??= []).Add((outcome.Message, outcome.Recipient))
                || outcome.Recipient != SpoolOutcome.AllRecipients)
            {
                return;
            }

            if (outcome.Kind == OutcomeKind.Void)
            {
                entry.Segment.VoidRecords.Add(entry.Number);
            }

            var closed = outcome.Message == SpoolOutcome.AllMessages ? entry.Remaining : 1;
            _messages -= closed;
            entry.Remaining -= closed;
            if (entry.Remaining == 0)
            {
                _waiting.Remove(entry.Number);
                _inOrder.Remove(entry.Place!);
                entry.Place = null;
                entry.Done = null;
                entry.Segment.Waiting--;
                entry.Segment.DoneRecords.Add(entry.Number);
            }
        }
    }

    /// <summary>Ends the writing of a segment; from here on it may become free.</summary>
    public void Seal(Segment segment, long voidFrom, bool disposable)
    {
        lock (_gate)
        {
            segment.VoidFrom = Math.Min(segment.VoidFrom, voidFrom);
            segment.IsDisposable |= disposable;
            segment.IsSealed = true;
        }
    }

    /// <summary>The sealed segments with nothing left to deliver.</summary>
    public List<Segment> Releasable()
    {
        lock (_gate)
        {
            return [.. _segments.Where(segment => segment is { IsSealed: true, IsHeld: false, Waiting: 0 })];
        }
    }

    public void CloseFiles()
    {
        lock (_gate)
        {
            foreach (var segment in _segments)
            {
                segment.File.Dispose();
            }
        }
    }

    /// <summary>Writes all that a fresh journal must say about the segments in use.</summary>
    public void WriteCheckpoint(JournalFrameWriter frames)
    {
        lock (_gate)
        {
            foreach (var segment in _segments)
            {
                if (segment.VoidFrom != long.MaxValue)
                {
                    frames.Void(segment.Generation, segment.VoidFrom);
                }

                foreach (var number in segment.DoneRecords)
                {
                    frames.Outcome(number, SpoolOutcome.AllMessages, SpoolOutcome.AllRecipients, segment.VoidRecords.Contains(number) ? (byte)OutcomeKind.Void : (byte)0, 0, "");
                }
            }

            foreach (var entry in _waiting.Values)
            {
                foreach (var (message, recipient) in entry.Done ?? [])
                {
                    frames.Outcome(entry.Number, message, recipient, 0, 0, "");
                }
            }
        }
    }
}
