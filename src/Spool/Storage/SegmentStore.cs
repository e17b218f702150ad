using System.Diagnostics.CodeAnalysis;

namespace EcStreamOrleans.Spool;

/// <summary>Why there is no segment to write to: null when there is one.</summary>
internal readonly record struct SegmentGrant(Segment? Segment, string? FullReason);

/// <summary>The segment files that are free, the limits on all of them, and the thread that writes spare ones ahead of need.</summary>
internal sealed class SegmentStore : IDisposable
{
    private const int FillBytes = 1 << 20;
    private readonly Lock _gate = new();
    private readonly SpoolOptions _options;
    private readonly ISpoolFiles _files;
    private readonly Queue<Segment> _spares = [];
    private readonly Queue<Segment> _short = [];
    private readonly Dictionary<int, long> _released = [];
    private readonly SemaphoreSlim _wanted = new(0);
    private readonly ManualResetEventSlim _isQuiet = new(true);
    private readonly Thread _preparer;
    private volatile bool _isStopping;
    private long _bytes;
    private int _nextIndex;
    private int _count;

    public SegmentStore(SpoolOptions options, ISpoolFiles files, int nextIndex)
    {
        _options = options;
        _files = files;
        _nextIndex = nextIndex;
        SegmentBytes = AlignBlock(options.SegmentBytes);
        _preparer = new Thread(Prepare) { IsBackground = true, Name = "spool-preparer" };
    }

    public long SegmentBytes { get; }

    public static long AlignBlock(long bytes) => (bytes + SegmentHeader.BlockSize - 1) & -SegmentHeader.BlockSize;

    public (int Spares, long Bytes) Totals()
    {
        lock (_gate)
        {
            return (_spares.Count + _short.Count, _bytes);
        }
    }

    public void Start()
    {
        _preparer.Start();
        _wanted.Release();
    }

    /// <summary>Counts a segment found on the disk at start.</summary>
    public void AddExisting(Segment segment, long? releasedGeneration)
    {
        lock (_gate)
        {
            _bytes += segment.Capacity;
            _count++;
            if (releasedGeneration is { } generation)
            {
                _released[segment.Index] = generation;
                _spares.Enqueue(segment);
            }
        }
    }

    /// <summary>A segment that holds at least so many bytes of records behind its header block.</summary>
    public SegmentGrant Acquire(long recordBytes)
    {
        var capacity = Math.Max(SegmentBytes, SegmentHeader.BlockSize + AlignBlock(recordBytes));
        lock (_gate)
        {
            _wanted.Release();
            if (capacity == SegmentBytes && (_spares.TryDequeue(out var spare) || _short.TryDequeue(out spare)))
            {
                return new SegmentGrant(spare, null);
            }

            // A batch larger than a segment may need the room that spare segments only keep warm.
            while (_bytes + capacity > _options.MaxBytes && (_spares.TryDequeue(out spare) || _short.TryDequeue(out spare)))
            {
                DropLocked(spare);
            }

            if (RefuseLocked(capacity) is { } reason)
            {
                return new SegmentGrant(null, reason);
            }

            _bytes += capacity;
            _count++;
        }

        try
        {
            return new SegmentGrant(Create(capacity), null);
        }
        catch
        {
            Forget(capacity);
            throw;
        }
    }

    /// <summary>
    /// Whether batches wait for the disk. Segments are prepared while none do: behind a writer at its limit, each octet written in advance is one of mail less, and
    /// a new file that grows by large groups is hardly slower than one that was written before.
    /// </summary>
    public void NoteWriter(bool isBusy)
    {
        if (isBusy)
        {
            _isQuiet.Reset();
        }
        else
        {
            _isQuiet.Set();
        }
    }

    /// <summary>Takes back a segment whose release is durable in the journal.</summary>
    public void Return(Segment segment)
    {
        lock (_gate)
        {
            if (segment.IsDisposable || segment.Capacity != SegmentBytes)
            {
                DropLocked(segment);
                _files.FlushDirectory(_options.Directory);
                return;
            }

            _released[segment.Index] = segment.Generation;
            var free = new Segment(segment.Index, segment.Path, segment.File, segment.Capacity);
            if (free.File.Length >= SegmentBytes)
            {
                _spares.Enqueue(free);
                return;
            }

            // It was not written in advance, and its last record does not end where it does.
            _short.Enqueue(free);
            _wanted.Release();
        }
    }

    /// <summary>Deletes a segment that holds nothing anybody was promised.</summary>
    public void Drop(Segment segment)
    {
        lock (_gate)
        {
            DropLocked(segment);
        }
    }

    public void WriteCheckpoint(JournalFrameWriter frames)
    {
        lock (_gate)
        {
            foreach (var (index, generation) in _released)
            {
                frames.Released(index, generation);
            }
        }
    }

    public void Dispose()
    {
        _isStopping = true;
        _wanted.Release();
        _isQuiet.Set();
        if (_preparer.IsAlive)
        {
            _preparer.Join();
        }

        foreach (var free in _spares.Concat(_short))
        {
            free.File.Dispose();
        }

        _wanted.Dispose();
        _isQuiet.Dispose();
    }

    private string? RefuseLocked(long capacity)
    {
        if (_bytes + capacity > _options.MaxBytes)
        {
            return $"the spool is full: {_count} segments take {_bytes} bytes, {capacity} more are needed and Grid:Spool:MaxBytes allows {_options.MaxBytes}";
        }

        var free = _files.FreeBytes(_options.Directory);
        return free - capacity < _options.MinFreeDiskBytes
            ? $"the disk is full: {free} bytes are free, {capacity} are needed and Grid:Spool:MinFreeDiskBytes keeps {_options.MinFreeDiskBytes}"
            : null;
    }

    private Segment Create(long capacity)
    {
        var index = Interlocked.Increment(ref _nextIndex) - 1;
        var path = Path.Combine(_options.Directory, SpoolLayout.SegmentName(index));
        var file = _files.Open(path, SpoolFileMode.CreateBlocks);
        try
        {
            _files.FlushDirectory(_options.Directory);
        }
        catch
        {
            file.Dispose();
            _files.Delete(path);
            throw;
        }

        return new Segment(index, path, file, capacity);
    }

    private void Forget(long capacity)
    {
        lock (_gate)
        {
            _bytes -= capacity;
            _count--;
        }
    }

    private void DropLocked(Segment segment)
    {
        // Its release, if there was one, stays in the journal until the next checkpoint: the deletion may not be durable yet.
        _bytes -= segment.Capacity;
        _count--;
        _released.Remove(segment.Index);
        segment.File.Dispose();
        _files.Delete(segment.Path);
    }

    private void Prepare()
    {
        using var zeros = new AlignedMemory((int)Math.Min(FillBytes, SegmentBytes));
        zeros.Span.Clear();
        while (true)
        {
            _wanted.Wait();
            while (!_isStopping && PrepareNext(zeros.Span))
            {
            }

            if (_isStopping)
            {
                return;
            }
        }
    }

    /// <returns>Whether there may be more to prepare.</returns>
    private bool PrepareNext(ReadOnlySpan<byte> zeros)
    {
        if (!TryTakeShort(out var segment) && !TryReserve())
        {
            return false;
        }

        try
        {
            segment ??= Create(SegmentBytes);
            for (var offset = AlignBlock(segment.File.Length); offset < SegmentBytes; offset += zeros.Length)
            {
                _isQuiet.Wait();
                if (_isStopping)
                {
                    break;
                }

                segment.File.Write(zeros[..(int)Math.Min(zeros.Length, SegmentBytes - offset)], offset);
            }

            segment.File.Flush();
            lock (_gate)
            {
                _spares.Enqueue(segment);
            }

            return true;
        }
        catch (Exception)
        {
            // A spare is a matter of speed only. The writer does without it, and reports the disk if the fault lasts.
            GiveUp(segment);
            return false;
        }
    }

    private bool TryTakeShort([NotNullWhen(true)] out Segment? segment)
    {
        lock (_gate)
        {
            return _short.TryDequeue(out segment);
        }
    }

    private bool TryReserve()
    {
        lock (_gate)
        {
            try
            {
                if (_spares.Count >= _options.SpareSegments || RefuseLocked(SegmentBytes) is not null)
                {
                    return false;
                }
            }
            catch (Exception)
            {
                // The disk does not even tell its free space: the writer will meet the fault and report it.
                return false;
            }

            _bytes += SegmentBytes;
            _count++;
            return true;
        }
    }

    private void GiveUp(Segment? segment)
    {
        if (segment is null)
        {
            Forget(SegmentBytes);
            return;
        }

        lock (_gate)
        {
            try
            {
                DropLocked(segment);
            }
            catch (Exception)
            {
                // Counted out already; it is found blank or released, and removed or used again, at the next start.
            }
        }
    }
}
