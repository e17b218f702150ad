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

/// <summary>Where a record is.</summary>
internal readonly record struct RecordEntry(Segment Segment, long Offset, RecordHeader Header)
{
    public long Number => Header.Number;
}

/// <summary>What waits, in memory. The writer adds, the journal marks done; one lock guards both.</summary>
/// <remarks>
/// Records live in pages of slots that are used again, not in objects of their own: what waits outlives many a collection, and at one message a batch the
/// collector had tens of thousands of young objects to move at a time, for which everybody waited.
/// </remarks>
internal sealed class RecordTable
{
    private const int PageBits = 9;
    private const int PageSize = 1 << PageBits;
    private const int None = -1;

    /// <summary>Pages that stay when nothing waits, a megabyte: what a relay that keeps up has waiting now and then.</summary>
    private const int KeptPages = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, int> _waiting = [];
    private readonly List<Slot[]> _pages = [];
    private readonly HashSet<Segment> _segments = [];
    private int _first = None;
    private int _last = None;
    private int _free = None;
    private int _slots;
    private long _messages;

    public (int Segments, int Records, long Messages, DateTimeOffset? Oldest) Totals()
    {
        lock (_gate)
        {
            return (_segments.Count, _waiting.Count, _messages, _first == None ? null : new DateTimeOffset(At(_first).Entry.Header.AcceptedTicks, TimeSpan.Zero));
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

    /// <summary>Adds a durable record with what the journal says of it.</summary>
    /// <returns>How many of its messages wait; 0 when nothing of it does.</returns>
    public int Add(in RecordEntry entry, HashSet<(int Message, int Recipient)>? done)
    {
        lock (_gate)
        {
            _segments.Add(entry.Segment);
            var count = entry.Header.Count;
            var remaining = done is null ? count
                : done.Contains((SpoolOutcome.AllMessages, SpoolOutcome.AllRecipients)) ? 0
                : count - done.Count(pair => pair.Recipient == SpoolOutcome.AllRecipients && (uint)pair.Message < (uint)count);
            if (remaining == 0)
            {
                entry.Segment.DoneRecords.Add(entry.Number);
                return 0;
            }

            var index = TakeSlot();
            _waiting.Add(entry.Number, index);
            At(index) = new Slot { Entry = entry, Remaining = remaining, Done = done, Before = _last, Next = None };
            if (_last == None)
            {
                _first = index;
            }
            else
            {
                At(_last).Next = index;
            }

            _last = index;
            entry.Segment.Waiting++;
            _messages += remaining;
            return remaining;
        }
    }

    /// <summary>All that wait, the oldest first.</summary>
    public List<SpoolRecordRef> Waiting()
    {
        lock (_gate)
        {
            var all = new List<SpoolRecordRef>(_waiting.Count);
            for (var index = _first; index != None; index = At(index).Next)
            {
                ref readonly var entry = ref At(index).Entry;
                all.Add(new SpoolRecordRef(entry.Number, entry.Header));
            }

            return all;
        }
    }

    /// <summary>The messages and recipients of a record that are done, while others are not.</summary>
    public List<(int Message, int Recipient)> DoneOf(long number)
    {
        lock (_gate)
        {
            return _waiting.TryGetValue(number, out var index) ? [.. At(index).Done ?? []] : [];
        }
    }

    public RecordEntry? Find(long number)
    {
        lock (_gate)
        {
            return _waiting.TryGetValue(number, out var index) ? At(index).Entry : null;
        }
    }

    /// <summary>Whether a recipient of a message is done; everything is of a record that does not wait.</summary>
    public bool IsDone(long number, int message, int recipient)
    {
        lock (_gate)
        {
            return !_waiting.TryGetValue(number, out var index) || (At(index).Done is { } done
                && (done.Contains((message, SpoolOutcome.AllRecipients)) || done.Contains((message, recipient))));
        }
    }

    /// <summary>Takes in an outcome that is durable in the journal.</summary>
    public void Apply(SpoolOutcome outcome)
    {
        lock (_gate)
        {
            if (!_waiting.TryGetValue(outcome.RecordNumber, out var index))
            {
                return;
            }

            ref var slot = ref At(index);
            var isMessage = outcome.Recipient == SpoolOutcome.AllRecipients;
            var isRest = isMessage && (outcome.Message == SpoolOutcome.AllMessages || (slot.Remaining == 1 && slot.Done?.Contains((outcome.Message, outcome.Recipient)) != true));
            if (!isRest && (!(slot.Done ??= []).Add((outcome.Message, outcome.Recipient)) || !isMessage))
            {
                return;
            }

            var segment = slot.Entry.Segment;
            if (outcome.Kind == OutcomeKind.Void)
            {
                segment.VoidRecords.Add(outcome.RecordNumber);
            }

            var closed = isRest ? slot.Remaining : 1;
            _messages -= closed;
            slot.Remaining -= closed;
            if (slot.Remaining == 0)
            {
                segment.Waiting--;
                segment.DoneRecords.Add(outcome.RecordNumber);
                _waiting.Remove(outcome.RecordNumber);
                GiveBack(index);
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

            for (var index = _first; index != None; index = At(index).Next)
            {
                ref readonly var slot = ref At(index);
                foreach (var (message, recipient) in slot.Done ?? [])
                {
                    frames.Outcome(slot.Entry.Number, message, recipient, 0, 0, "");
                }
            }
        }
    }

    private ref Slot At(int index) => ref _pages[index >> PageBits][index & (PageSize - 1)];

    private int TakeSlot()
    {
        if (_free != None)
        {
            var index = _free;
            _free = At(index).Next;
            return index;
        }

        if (_slots == _pages.Count << PageBits)
        {
            _pages.Add(new Slot[PageSize]);
        }

        return _slots++;
    }

    private void GiveBack(int index)
    {
        var (before, next) = (At(index).Before, At(index).Next);
        _ = before == None ? _first = next : At(before).Next = next;
        _ = next == None ? _last = before : At(next).Before = before;
        At(index) = new Slot { Next = _free };
        _free = index;
        if (_first == None && _pages.Count > KeptPages)
        {
            // What a backlog took is not kept behind it.
            _pages.RemoveRange(KeptPages, _pages.Count - KeptPages);
            _waiting.TrimExcess(KeptPages << PageBits);
            (_slots, _free) = (0, None);
        }
    }

    /// <summary>A record that waits, which of its messages are done, and its neighbours in the order of numbers; or a free slot and the next one.</summary>
    private struct Slot
    {
        public RecordEntry Entry;
        public int Remaining;
        public HashSet<(int Message, int Recipient)>? Done;
        public int Before;
        public int Next;
    }
}
