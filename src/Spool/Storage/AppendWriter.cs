using System.Threading.Channels;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Spool;

/// <summary>What the writer starts from.</summary>
internal readonly record struct WriterStart(ushort SpoolId, ulong Key, long NextRecord, long NextGeneration, long CommittedThrough);

/// <summary>
/// The queue of appends, fair by peer, and the one thread that writes them. A group is whatever queued while the last flush ran: nothing waits to
/// fill it, so a lone append costs one flush and a crowd shares one.
/// </summary>
internal sealed class AppendWriter : IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>How long the writer has had nothing to do when it leaves a mark: between two messages of one client it has better to do.</summary>
    private static readonly TimeSpan MarkAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>A peer's turn: what a fast disk writes while a lone flush takes anyway.</summary>
    private const long TurnBytes = 65_536;

    /// <summary>How long the disk counts as shared behind the last append of another peer: some replies and their next messages.</summary>
    private static readonly TimeSpan SharedFor = TimeSpan.FromMilliseconds(100);

    private readonly object _gate = new();
    private readonly FairQueue _queue = new(TurnBytes);
    private readonly Dictionary<BatchId, AppendOperation> _inFlight = [];
    private readonly DedupeWindow _dedupe;
    private readonly SpoolOptions _options;
    private readonly WriterStart _start;
    private readonly SegmentStore _segments;
    private readonly RecordTable _table;
    private readonly OutcomeJournal _journal;
    private readonly SpoolHealth _health;
    private readonly TimeProvider _time;
    private readonly ChannelWriter<long> _waiting;
    private readonly GroupBuffer _buffer;
    private readonly List<AppendOperation> _group = [];
    private readonly Thread _thread;
    private long _queuedBytes;
    private string? _lastPeer;
    private long _peerChangedAt;
    private long _duplicates;
    private bool _isStopping;
    private Segment? _segment;
    private long _position;
    private long _nextRecord;
    private long _nextGeneration;
    private long _committedThrough;
    private (long At, string Reason, AppendStatus Status)? _fault;
    private readonly ITimer _probeTimer;
    private readonly ITimer _markTimer;
    private bool _isProbeDue;
    private bool _isMarkDue;
    private Counters _counters;

    public AppendWriter(SpoolOptions options, WriterStart start, DedupeWindow dedupe, SegmentStore segments, RecordTable table, OutcomeJournal journal, SpoolHealth health, TimeProvider time, ChannelWriter<long> waiting)
    {
        (_options, _start, _dedupe, _segments, _table, _journal, _health, _time, _waiting) = (options, start, dedupe, segments, table, journal, health, time, waiting);
        (_nextRecord, _nextGeneration, _committedThrough) = (start.NextRecord, start.NextGeneration, start.CommittedThrough);
        _buffer = new GroupBuffer(options.MaxGroupBytes);
        _probeTimer = time.CreateTimer(static me => ((AppendWriter)me!).AskForProbe(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _markTimer = time.CreateTimer(static me => ((AppendWriter)me!).AskForMark(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _thread = new Thread(Run) { IsBackground = true, Name = "spool-writer" };
    }

    public void Start() => _thread.Start();

    public (Counters Counters, long Duplicates) Totals()
    {
        lock (_gate)
        {
            return (_counters, _duplicates);
        }
    }

    public ValueTask<AppendResult> AppendAsync(SpoolBatch batch)
    {
        batch.Validate();
        var peer = System.Text.Encoding.UTF8.GetByteCount(batch.Peer);
        var listener = System.Text.Encoding.UTF8.GetByteCount(batch.Listener);
        var bytes = RecordHeader.Total(batch.Ends.Length, peer, listener, batch.Packages.Length);
        lock (_gate)
        {
            if (_isStopping)
            {
                return new(new AppendResult(AppendStatus.Stopping, -1, "the spool is closing"));
            }

            if (_dedupe.TryFind(batch.Id, out var record))
            {
                _duplicates++;
                return new(new AppendResult(AppendStatus.Duplicate, record, null));
            }

            if (_inFlight.TryGetValue(batch.Id, out var first))
            {
                _duplicates++;
                var joined = AppendOperation.Rent(default, 0);
                joined.Joined = first.Joined;
                first.Joined = joined;
                return joined.Task;
            }

            if (bytes > _options.MaxBytes || bytes > 1 << 30)
            {
                return new(new AppendResult(AppendStatus.Failed, -1, $"the batch takes {bytes} bytes; a record may have {Math.Min(_options.MaxBytes, 1 << 30)} (Grid:Spool:MaxBytes, and 1 GiB by the format)"));
            }

            // A batch larger than the whole bound is let in when it is alone: refusing it for ever would help nobody.
            if (_queuedBytes > 0 && _queuedBytes + bytes > _options.MaxQueuedBytes)
            {
                return new(new AppendResult(AppendStatus.Full, -1, $"{_queuedBytes} bytes wait to be written, {bytes} more were offered and Grid:Spool:MaxQueuedBytes allows {_options.MaxQueuedBytes}"));
            }

            var operation = AppendOperation.Rent(batch, bytes);
            (operation.PeerBytes, operation.ListenerBytes) = (peer, listener);
            _inFlight.Add(batch.Id, operation);
            _queue.Enqueue(operation);
            if (!string.Equals(batch.Peer, _lastPeer, StringComparison.Ordinal))
            {
                (_lastPeer, _peerChangedAt) = (batch.Peer, _time.GetTimestamp());
            }

            _queuedBytes += bytes;
            Monitor.Pulse(_gate);
            return operation.Task;
        }
    }

    /// <summary>The record of a batch id, while it is remembered.</summary>
    public bool TryFind(BatchId id, out long record)
    {
        lock (_gate)
        {
            return _dedupe.TryFind(id, out record);
        }
    }

    /// <summary>Forgets that a batch was ever appended.</summary>
    public void Forget(BatchId id)
    {
        lock (_gate)
        {
            _dedupe.Remove(id);
        }
    }

    /// <summary>Takes nothing more, writes what is queued, leaves a mark of what is durable, and ends the thread.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.Pulse(_gate);
        }

        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _probeTimer.Dispose();
        _markTimer.Dispose();
        _buffer.Dispose();
    }

    private void Run()
    {
        while (TakeGroup())
        {
            try
            {
                WriteGroup();
            }
            catch (Exception error)
            {
                Abandon(error);
            }
        }

        try
        {
            WriteMark();
            _segment?.File.Flush();
        }
        catch (Exception error)
        {
            // The mark only sharpens the next recovery's judgement; without it nothing is lost.
            _health.Fail(error.Message, isFull: false);
        }
    }

    /// <summary>
    /// A spool that refuses mail is sent none by whoever looks at its readiness, so it cannot wait for an append to find out that the
    /// disk is back: it tries by itself.
    /// </summary>
    private void AskForProbe()
    {
        lock (_gate)
        {
            _isProbeDue = true;
            Monitor.Pulse(_gate);
        }
    }

    private void AskForMark()
    {
        lock (_gate)
        {
            _isMarkDue = true;
            Monitor.Pulse(_gate);
        }
    }

    private void Probe()
    {
        if (!HasSegmentFor(SegmentHeader.BlockSize, out var reason))
        {
            _health.Fail(reason!, isFull: true);
            _probeTimer.Change(RetryAfter, Timeout.InfiniteTimeSpan);
            return;
        }

        var next = _buffer.End();
        _segment!.File.Flush();
        _position = next;
        _fault = null;
        _health.Recover();
    }

    /// <summary>Waits for work and takes as much as one group may hold; a group of nothing is a probe or a mark. False at the end.</summary>
    private bool TakeGroup()
    {
        lock (_gate)
        {
            while (_queue.Count == 0)
            {
                if (_isStopping)
                {
                    return false;
                }

                if (_isProbeDue || _isMarkDue)
                {
                    return true;
                }

                _segments.NoteWriter(isBusy: false);
                Monitor.Wait(_gate);
            }

            _segments.NoteWriter(isBusy: true);

            // A small peer's message waits for the group under way and for its own: while others send, no peer makes them long.
            long mostOfPeer = _time.GetElapsedTime(_peerChangedAt) < SharedFor ? _options.SharedGroupBytes : long.MaxValue;
            long bytes = 0;
            _queue.BeginGroup();
            while (_queue.TryTake(_group.Count == 0 ? long.MaxValue : _options.MaxGroupBytes - bytes, mostOfPeer, out var next))
            {
                bytes += next.RecordBytes;
                _group.Add(next);
            }

            return true;
        }
    }

    private void WriteGroup()
    {
        if (_group.Count == 0)
        {
            DoWhatIsDue();
            return;
        }

        if (_fault is { } fault && _time.GetElapsedTime(fault.At) < RetryAfter)
        {
            Refuse(0, fault.Status, fault.Reason);
            return;
        }

        var done = 0;
        while (done < _group.Count)
        {
            var first = done;
            if (!HasSegmentFor(_group[first].RecordBytes, out var reason))
            {
                _health.Fail(reason!, isFull: true);
                _probeTimer.Change(RetryAfter, Timeout.InfiniteTimeSpan);
                Refuse(first, AppendStatus.Full, reason!);
                return;
            }

            var began = _time.GetTimestamp();
            var number = _nextRecord;
            while (done < _group.Count && _buffer.Position + _group[done].RecordBytes <= _segment!.Capacity)
            {
                Put(_group[done++], number++);
            }

            var next = _buffer.End();
            _segment!.File.Flush();

            // From here on the records are durable, whatever happens.
            (_position, _nextRecord, _committedThrough) = (next, number, number - 1);
            _fault = null;
            Commit(first, done, began);
        }

        _group.Clear();
        lock (_gate)
        {
            if (_queue.Count > 0)
            {
                return;
            }
        }

        _markTimer.Change(MarkAfter, Timeout.InfiniteTimeSpan);
    }

    private void DoWhatIsDue()
    {
        bool isProbeDue, isMarkDue;
        lock (_gate)
        {
            (isProbeDue, isMarkDue, _isProbeDue, _isMarkDue) = (_isProbeDue, _isMarkDue, false, false);
        }

        if (isProbeDue)
        {
            Probe();
        }
        else if (isMarkDue)
        {
            WriteMark();
        }
    }

    /// <summary>Leaves the open segment when the record does not fit in it, and begins the next. The buffer stands at the group's start after it.</summary>
    private bool HasSegmentFor(long recordBytes, out string? reason)
    {
        reason = null;
        if (_segment is { } open && _position + recordBytes <= open.Capacity)
        {
            _buffer.Begin(open.File, _position);
            return true;
        }

        if (_segment is { } full)
        {
            _segment = null;
            _table.Seal(full, long.MaxValue, disposable: false);
            _journal.Nudge();
        }

        var grant = _segments.Acquire(recordBytes);
        if (grant.Segment is not { } segment)
        {
            reason = grant.FullReason;
            return false;
        }

        segment.Generation = _nextGeneration++;
        segment.FirstRecord = _nextRecord;
        _segment = segment;
        _position = 0;
        _table.AddSegment(segment);
        _buffer.Begin(segment.File, 0);
        _buffer.PutSegmentHeader(new SegmentHeader(_start.SpoolId, _start.Key, segment.Generation, segment.FirstRecord, _committedThrough));
        return true;
    }

    private void Put(AppendOperation operation, long number)
    {
        var batch = operation.Batch;
        operation.Number = number;
        operation.Offset = _buffer.Position;
        var acceptedAt = batch.AcceptedAt == default ? _time.GetUtcNow() : batch.AcceptedAt;
        operation.Header = new RecordHeader(RecordKind.Batch, _segment!.Generation, number, _committedThrough, batch.Id, acceptedAt.UtcTicks, batch.Ends.Length, operation.PeerBytes, operation.ListenerBytes, batch.Packages.Length) { Origin = batch.Origin };
        batch.Follower?.Numbered(number, acceptedAt);
        _buffer.PutRecord(operation.Header, batch, _start.Key);
    }

    private void Commit(int first, int end, long began)
    {
        _health.Recover();
        _journal.CommittedThrough = _committedThrough;
        for (var i = first; i < end; i++)
        {
            var operation = _group[i];
            _table.Add(new RecordEntry(_segment!, operation.Offset, operation.Header), null);
            if (operation.Batch.Follower is null)
            {
                _waiting.TryWrite(operation.Number);
            }
        }

        lock (_gate)
        {
            _counters.Flushes++;
            _counters.LastFlush = _time.GetUtcNow();
            _counters.LastDuration = _time.GetElapsedTime(began);
            for (var i = first; i < end; i++)
            {
                var operation = _group[i];
                _counters.Records++;
                _counters.Messages += operation.Header.Count;
                _counters.Bytes += operation.Header.PayloadBytes;
                _dedupe.Add(operation.Header.Batch, operation.Number);
                _inFlight.Remove(operation.Header.Batch);
                _queuedBytes -= operation.RecordBytes;
            }
        }

        for (var i = first; i < end; i++)
        {
            var operation = _group[i];
            _group[i] = null!;
            operation.Complete(new AppendResult(AppendStatus.Durable, operation.Number, null));
        }
    }

    private void Refuse(int first, AppendStatus status, string reason)
    {
        lock (_gate)
        {
            for (var i = first; i < _group.Count; i++)
            {
                if (_group[i] is { } operation)
                {
                    _inFlight.Remove(operation.Batch.Id);
                    _queuedBytes -= operation.RecordBytes;
                }
            }
        }

        for (var i = first; i < _group.Count; i++)
        {
            _group[i]?.Complete(new AppendResult(status, -1, reason));
        }

        _group.Clear();
    }

    /// <summary>
    /// After a failed write or flush nobody knows what of the group is on the disk, and asking the disk to flush again would be answered
    /// with a lie. The segment is left as it is; its earlier records stay good, and a later segment's first number voids the group.
    /// </summary>
    private void Abandon(Exception error)
    {
        var isFull = error is SpoolDiskFullException;
        var reason = $"{(isFull ? "the disk is full" : "the disk failed")}: {error.Message}";
        _fault = (_time.GetTimestamp(), reason, isFull ? AppendStatus.Full : AppendStatus.Failed);
        _health.Fail(reason, isFull);
        _probeTimer.Change(RetryAfter, Timeout.InfiniteTimeSpan);
        if (_segment is { } segment)
        {
            _segment = null;
            _table.Seal(segment, _nextRecord, disposable: true);
            if (segment.FirstRecord == _nextRecord)
            {
                DropEmpty(segment);
            }
            else
            {
                _journal.Void(segment);
            }
        }

        Refuse(0, _fault.Value.Status, reason);
    }

    private void DropEmpty(Segment segment)
    {
        try
        {
            _table.RemoveSegment(segment);
            _segments.Drop(segment);
        }
        catch (Exception error)
        {
            // Counted out already; what stays on the disk is void by the next segment's first number, and swept at the next start.
            _health.Fail(error.Message, isFull: false);
        }
    }

    /// <summary>
    /// With nothing more to write, a mark says what is durable. It is not flushed on purpose: it reaches the disk in its own time,
    /// and from then on damage to the last group cannot pass for a torn tail.
    /// </summary>
    private void WriteMark()
    {
        if (_segment is { } segment && _position + SegmentHeader.BlockSize <= segment.Capacity)
        {
            _buffer.Begin(segment.File, _position);
            _buffer.PutRecord(new RecordHeader(RecordKind.Mark, segment.Generation, _committedThrough, _committedThrough, default, 0, 0, 0, 0, 0), default, _start.Key);
            _buffer.End();
        }
    }

    internal struct Counters
    {
        public long Records;
        public long Messages;
        public long Bytes;
        public long Flushes;
        public DateTimeOffset? LastFlush;
        public TimeSpan LastDuration;
    }
}
