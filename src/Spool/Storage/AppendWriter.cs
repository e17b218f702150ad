using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace EcStreamOrleans.Spool;

/// <summary>What the writer starts from.</summary>
internal readonly record struct WriterStart(ushort SpoolId, ulong Key, long NextRecord, long NextGeneration, long CommittedThrough);

/// <summary>
/// The one thread that writes what is appended. A group is whatever queued while the last flush ran: nothing waits to fill it, so a lone append costs
/// one flush and a crowd shares one.
/// </summary>
internal sealed class AppendWriter : IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>How long the writer has had nothing to do when it leaves a mark: between two messages of one client it has better to do.</summary>
    private static readonly TimeSpan MarkAfter = TimeSpan.FromMilliseconds(100);

    private readonly AppendQueue _queue;
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

    // How many of the group have their answer.
    private int _settled;
    private Segment? _segment;
    private long _position;
    private long _nextRecord;
    private long _nextGeneration;
    private long _committedThrough;
    private (long At, string Reason, AppendStatus Status)? _fault;
    private readonly ITimer _probeTimer;
    private readonly ITimer _markTimer;

    public AppendWriter(AppendQueue queue, int maxGroupBytes, WriterStart start, SegmentStore segments, RecordTable table, OutcomeJournal journal, SpoolHealth health, TimeProvider time, ChannelWriter<long> waiting)
    {
        (_queue, _start, _segments, _table, _journal, _health, _time, _waiting) = (queue, start, segments, table, journal, health, time, waiting);
        (_nextRecord, _nextGeneration, _committedThrough) = (start.NextRecord, start.NextGeneration, start.CommittedThrough);
        _buffer = new GroupBuffer(maxGroupBytes);
        _probeTimer = time.CreateTimer(static me => ((AppendQueue)me!).Ask(WriterDue.Probe), queue, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _markTimer = time.CreateTimer(static me => ((AppendQueue)me!).Ask(WriterDue.Mark), queue, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _thread = new Thread(Run) { IsBackground = true, Name = "spool-writer" };
    }

    public void Start() => _thread.Start();

    /// <summary>Takes nothing more, writes what is queued, leaves a mark of what is durable, and ends the thread.</summary>
    public void Dispose()
    {
        _queue.Stop();
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
        while (_queue.TakeGroup(_group, out var due))
        {
            try
            {
                WriteGroup(due);
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

    private void WriteGroup(WriterDue due)
    {
        _settled = 0;
        if (_group.Count == 0)
        {
            if (due == WriterDue.Probe)
            {
                Probe();
            }
            else
            {
                WriteMark();
            }

            return;
        }

        if (_fault is { } fault && _time.GetElapsedTime(fault.At) < RetryAfter)
        {
            Refuse(fault.Status, fault.Reason);
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
                Refuse(AppendStatus.Full, reason!);
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
            Commit(CollectionsMarshal.AsSpan(_group)[first..done], began);
        }

        _group.Clear();
        if (!_queue.HasAppends)
        {
            _markTimer.Change(MarkAfter, Timeout.InfiniteTimeSpan);
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

    private void Commit(ReadOnlySpan<AppendOperation> written, long began)
    {
        _health.Recover();
        _journal.CommittedThrough = _committedThrough;
        foreach (var operation in written)
        {
            _table.Add(new RecordEntry(_segment!, operation.Offset, operation.Header), null);
            if (operation.Batch.Follower is null)
            {
                _waiting.TryWrite(operation.Number);
            }
        }

        _queue.NoteDurable(written, _time.GetElapsedTime(began));
        foreach (var operation in written)
        {
            _settled++;
            operation.Complete(new AppendResult(AppendStatus.Durable, operation.Number, null));
        }
    }

    private void Refuse(AppendStatus status, string reason)
    {
        var refused = CollectionsMarshal.AsSpan(_group)[_settled..];
        _queue.NoteRefused(refused);
        foreach (var operation in refused)
        {
            operation.Complete(new AppendResult(status, -1, reason));
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

        Refuse(_fault.Value.Status, reason);
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
}
