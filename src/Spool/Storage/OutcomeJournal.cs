namespace EcStreamOrleans.Spool;

/// <summary>
/// The journal of outcomes and the thread that writes it: many callers, one write, one flush. What the journal says durably is what
/// makes a segment free, so releases happen here too.
/// </summary>
internal sealed class OutcomeJournal : IDisposable
{
    private readonly object _gate = new();
    private readonly SpoolOptions _options;
    private readonly ISpoolFiles _files;
    private readonly TimeProvider _time;
    private readonly RecordTable _table;
    private readonly SegmentStore _segments;
    private readonly FailedStore _failed;
    private readonly SpoolHealth _health;
    private readonly ushort _spoolId;
    private readonly ulong _key;
    private readonly JournalFrameWriter _frames = new();
    private readonly Thread _thread;
    private List<Request> _queue = [];
    private List<Request> _taken = [];
    private bool _isNudged;
    private bool _isFailing;
    private bool _isStopping;
    private ISpoolFile? _file;
    private long _position;
    private int _nextIndex;
    private long _committedThrough;

    public OutcomeJournal(SpoolOptions options, ISpoolFiles files, TimeProvider time, RecordTable table, SegmentStore segments, FailedStore failed, SpoolHealth health, (ushort Id, ulong Key) identity, int nextIndex)
    {
        (_options, _files, _time, _table, _segments, _failed, _health, _nextIndex) = (options, files, time, table, segments, failed, health, nextIndex);
        (_spoolId, _key) = identity;
        _thread = new Thread(Run) { IsBackground = true, Name = "spool-journal" };
    }

    /// <summary>The highest durable record; every frame repeats it, as a witness for recovery.</summary>
    public long CommittedThrough
    {
        get => Interlocked.Read(ref _committedThrough);
        set => Interlocked.Exchange(ref _committedThrough, value);
    }

    /// <summary>Begins with a compacted journal, so that nothing is ever appended behind a torn end.</summary>
    public void Start()
    {
        try
        {
            Checkpoint();
            Release();
        }
        catch (IOException error)
        {
            // A full disk must not keep a silo from starting and delivering: the first outcome tries again.
            Fail(error);
        }

        _thread.Start();
    }

    public Task RecordAsync(ReadOnlyMemory<SpoolOutcome> outcomes)
    {
        var request = new Request(outcomes, null, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        return Enqueue(request) ? request.Completion!.Task : Task.FromException(new IOException("The spool is closing; the outcomes were not recorded."));
    }

    /// <summary>A writer gave this segment up; that the end of it counts for nothing has to outlive the segment that followed.</summary>
    public void Void(Segment segment) => Enqueue(new Request(default, segment, null));

    /// <summary>A segment was sealed and may be free already.</summary>
    public void Nudge()
    {
        lock (_gate)
        {
            _isNudged = true;
            Monitor.Pulse(_gate);
        }
    }

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

        _file?.Dispose();
    }

    private bool Enqueue(Request request)
    {
        lock (_gate)
        {
            if (_isStopping)
            {
                return false;
            }

            _queue.Add(request);
            Monitor.Pulse(_gate);
            return true;
        }
    }

    private void Run()
    {
        while (Take())
        {
            try
            {
                Record();
                foreach (var request in _taken)
                {
                    request.Completion?.TrySetResult();
                }

                Release();
            }
            catch (Exception error)
            {
                Fail(error);
                foreach (var request in _taken)
                {
                    request.Completion?.TrySetException(new IOException($"The outcomes could not be recorded: {error.Message}", error));
                }
            }

            _taken.Clear();
        }
    }

    private bool Take()
    {
        lock (_gate)
        {
            while (_queue.Count == 0 && !_isNudged)
            {
                if (_isStopping)
                {
                    return false;
                }

                Monitor.Wait(_gate);
            }

            _isNudged = false;
            (_queue, _taken) = (_taken, _queue);
            return true;
        }
    }

    /// <summary>Failed messages first, then the journal, then memory: a crash between any two repeats work and loses nothing.</summary>
    private void Record()
    {
        if (_taken.Count == 0)
        {
            return;
        }

        var now = _time.GetUtcNow();
        foreach (var request in _taken)
        {
            Keep(request.Outcomes.Span, now);
        }

        if (_file is null || _position > _options.JournalBytes)
        {
            Checkpoint();
        }

        _frames.Reset();
        foreach (var request in _taken)
        {
            foreach (var outcome in request.Outcomes.Span)
            {
                _frames.Outcome(outcome.RecordNumber, outcome.Message, outcome.Recipient, (byte)outcome.Kind, now.UtcTicks, outcome.Kind == OutcomeKind.Delivered ? "" : outcome.Text ?? "");
            }

            if (request.Voided is { } segment)
            {
                _frames.Void(segment.Generation, segment.VoidFrom);
            }
        }

        Write();
        foreach (var request in _taken)
        {
            foreach (var outcome in request.Outcomes.Span)
            {
                _table.Apply(outcome);
            }
        }
    }

    private void Keep(ReadOnlySpan<SpoolOutcome> outcomes, DateTimeOffset now)
    {
        foreach (var outcome in outcomes)
        {
            if (outcome.Kind is OutcomeKind.Delivered or OutcomeKind.Void || _table.Find(outcome.RecordNumber) is not { } entry
                || _table.IsDone(entry.Number, outcome.Message, outcome.Recipient))
            {
                continue;
            }

            using var record = SpoolRecord.Read(entry.Segment.File, entry.Offset, entry.Header, _key, _table)
                ?? throw new SpoolDataException($"Record {outcome.RecordNumber} in {entry.Segment.Path} is damaged, so its failed message {outcome.Message} cannot be kept.");
            _failed.Keep(MailSpool.FormatMessageId(_spoolId.ToString("x4"), record.KnownAs, outcome.Message), record, outcome, now);
        }
    }

    private void Release()
    {
        var free = _table.Releasable();
        if (free.Count == 0 || _file is null)
        {
            return;
        }

        _frames.Reset();
        foreach (var segment in free)
        {
            _frames.Released(segment.Index, segment.Generation);
        }

        Write();
        foreach (var segment in free)
        {
            _table.RemoveSegment(segment);
            _segments.Return(segment);
        }

        _health.SpaceReturned();
    }

    private void Write()
    {
        _frames.Finish(CommittedThrough);
        _file!.Write(_frames.Written.Span, _position);
        _file.Flush();
        _position += _frames.Written.Length;
        if (_isFailing)
        {
            // Only the journal's own fault is over; if the segments have one too, the next append says so again.
            _isFailing = false;
            _health.Recover();
        }
    }

    /// <summary>Writes what still matters to a new file under another name, renames it, and only then deletes the old ones.</summary>
    private void Checkpoint()
    {
        _frames.Reset();
        _table.WriteCheckpoint(_frames);
        _segments.WriteCheckpoint(_frames);
        _frames.Finish(CommittedThrough);
        var name = SpoolLayout.JournalName(_nextIndex++);
        var path = Path.Combine(_options.Directory, name);
        var file = _files.Open(path + ".tmp", SpoolFileMode.Create);
        try
        {
            file.Write(_frames.Written.Span, 0);
            file.Flush();
            _files.Rename(path + ".tmp", path);
            _files.FlushDirectory(_options.Directory);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        _file?.Dispose();
        (_file, _position) = (file, _frames.Written.Length);
        foreach (var old in _files.List(_options.Directory))
        {
            if (SpoolLayout.TryJournalIndex(old, out var index) && index < _nextIndex - 1)
            {
                _files.Delete(Path.Combine(_options.Directory, old));
            }
        }
    }

    private void Fail(Exception error)
    {
        // After a failed flush this file cannot be trusted: the next outcome begins another one from what memory knows.
        _file?.Dispose();
        _file = null;
        _isFailing = true;
        _health.Fail($"the outcome journal failed: {error.Message}", error is SpoolDiskFullException);
    }

    private sealed record Request(ReadOnlyMemory<SpoolOutcome> Outcomes, Segment? Voided, TaskCompletionSource? Completion);
}
