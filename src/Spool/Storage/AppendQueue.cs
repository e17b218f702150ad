using System.Text;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Spool;

/// <summary>What the writer is asked for besides appends.</summary>
internal enum WriterDue
{
    Nothing,
    Mark,
    Probe,
}

/// <summary>
/// The appends that wait for the writer, fair by peer, and the ids of those under way and written: a batch that is offered again hears the first one's answer.
/// </summary>
/// <param name="options">The bounds.</param>
/// <param name="dedupe">The ids written. The queue's own from here on.</param>
/// <param name="time">The clock.</param>
/// <param name="noteWriter">Told whether the writer has work, before it waits and when it goes on.</param>
internal sealed class AppendQueue(SpoolOptions options, DedupeWindow dedupe, TimeProvider time, Action<bool> noteWriter)
{
    /// <summary>The most bytes of a record by the format.</summary>
    private const long MaxRecordBytes = 1 << 30;

    /// <summary>A peer's turn: what a fast disk writes while a lone flush takes anyway.</summary>
    private const long TurnBytes = 65_536;

    /// <summary>How long the disk counts as shared behind the last append of another peer: some replies and their next messages.</summary>
    private static readonly TimeSpan SharedFor = TimeSpan.FromMilliseconds(100);

    private readonly object _gate = new();
    private readonly FairQueue _queue = new(TurnBytes);
    private readonly Dictionary<BatchId, AppendOperation> _inFlight = [];
    private long _queuedBytes;
    private string? _lastPeer;
    private long _peerChangedAt;
    private long _duplicates;
    private bool _isStopping;
    private WriterDue _due;
    private Counters _counters;

    /// <summary>Whether an append waits for the writer.</summary>
    public bool HasAppends
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count > 0;
            }
        }
    }

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
        var peer = Encoding.UTF8.GetByteCount(batch.Peer);
        var listener = Encoding.UTF8.GetByteCount(batch.Listener);
        var bytes = RecordHeader.Total(batch.Ends.Length, peer, listener, batch.Packages.Length);
        lock (_gate)
        {
            if (_isStopping)
            {
                return new(new AppendResult(AppendStatus.Stopping, -1, "the spool is closing"));
            }

            if (dedupe.TryFind(batch.Id, out var record))
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

            if (bytes > options.MaxBytes || bytes > MaxRecordBytes)
            {
                return new(new AppendResult(AppendStatus.Failed, -1, $"the batch takes {bytes} bytes; a record may have {Math.Min(options.MaxBytes, MaxRecordBytes)} (Grid:Spool:MaxBytes, and 1 GiB by the format)"));
            }

            // A batch larger than the whole bound is let in when it is alone: refusing it for ever would help nobody.
            if (_queuedBytes > 0 && _queuedBytes + bytes > options.MaxQueuedBytes)
            {
                return new(new AppendResult(AppendStatus.Full, -1, $"{_queuedBytes} bytes wait to be written, {bytes} more were offered and Grid:Spool:MaxQueuedBytes allows {options.MaxQueuedBytes}"));
            }

            var operation = AppendOperation.Rent(batch, bytes);
            (operation.PeerBytes, operation.ListenerBytes) = (peer, listener);
            _inFlight.Add(batch.Id, operation);
            _queue.Enqueue(operation);
            if (!string.Equals(batch.Peer, _lastPeer, StringComparison.Ordinal))
            {
                (_lastPeer, _peerChangedAt) = (batch.Peer, time.GetTimestamp());
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
            return dedupe.TryFind(id, out record);
        }
    }

    /// <summary>Forgets that a batch was ever appended.</summary>
    public void Forget(BatchId id)
    {
        lock (_gate)
        {
            dedupe.Remove(id);
        }
    }

    /// <summary>Asks the writer for something, once it has no appends. A probe comes before a mark, which it makes needless.</summary>
    public void Ask(WriterDue due)
    {
        lock (_gate)
        {
            _due = due > _due ? due : _due;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Takes nothing more; what is queued can still be taken.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Waits for work.</summary>
    /// <param name="group">Gets as much as one group may hold, or nothing.</param>
    /// <param name="due">Where it gets nothing: what else is to be done.</param>
    /// <returns>False at the end.</returns>
    public bool TakeGroup(List<AppendOperation> group, out WriterDue due)
    {
        due = WriterDue.Nothing;
        lock (_gate)
        {
            while (_queue.Count == 0)
            {
                if (_isStopping)
                {
                    return false;
                }

                if (_due != WriterDue.Nothing)
                {
                    (due, _due) = (_due, WriterDue.Nothing);
                    return true;
                }

                noteWriter(false);
                Monitor.Wait(_gate);
            }

            noteWriter(true);

            // A small peer's message waits for the group under way and for its own: while others send, no peer makes them long.
            long mostOfPeer = time.GetElapsedTime(_peerChangedAt) < SharedFor ? options.SharedGroupBytes : long.MaxValue;
            long bytes = 0;
            _queue.BeginGroup();
            while (_queue.TryTake(group.Count == 0 ? long.MaxValue : options.MaxGroupBytes - bytes, mostOfPeer, out var next))
            {
                bytes += next.RecordBytes;
                group.Add(next);
            }

            return true;
        }
    }

    /// <summary>These are durable: from now on they are found by their ids.</summary>
    public void NoteDurable(ReadOnlySpan<AppendOperation> written, TimeSpan took)
    {
        lock (_gate)
        {
            _counters.Flushes++;
            _counters.LastFlush = time.GetUtcNow();
            _counters.LastDuration = took;
            foreach (var operation in written)
            {
                _counters.Records++;
                _counters.Messages += operation.Header.Count;
                _counters.Bytes += operation.Header.PayloadBytes;
                dedupe.Add(operation.Header.Batch, operation.Number);
                Leave(operation);
            }
        }
    }

    /// <summary>These are not taken: they can be offered again.</summary>
    public void NoteRefused(ReadOnlySpan<AppendOperation> refused)
    {
        lock (_gate)
        {
            foreach (var operation in refused)
            {
                Leave(operation);
            }
        }
    }

    private void Leave(AppendOperation operation)
    {
        _inFlight.Remove(operation.Batch.Id);
        _queuedBytes -= operation.RecordBytes;
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
