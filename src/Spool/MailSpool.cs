using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using EcStreamOrleans.Protocol;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Spool;

/// <summary>
/// The durable spool of one silo. An append completes when its batch is on disk; what is on disk is handed out once per life of the
/// process, oldest first, until outcomes for all its messages are on disk as well. One process at a time uses a directory.
/// </summary>
public sealed partial class MailSpool : IAsyncDisposable
{
    private readonly ILogger<MailSpool> _logger;
    private readonly IDisposable _lock;
    private readonly ulong _key;
    private readonly RecordTable _table = new();
    private readonly SpoolHealth _health;
    private readonly SegmentStore _segments;
    private readonly FailedStore _failed;
    private readonly OutcomeJournal _journal;
    private readonly AppendQueue _appends;
    private readonly AppendWriter _writer;
    private readonly Channel<long> _waiting = Channel.CreateUnbounded<long>(new UnboundedChannelOptions { SingleReader = true });
    private int _isDisposed;

    private MailSpool(SpoolOptions options, ISpoolFiles files, TimeProvider time, ILogger<MailSpool> logger, ushort? id, IDisposable spoolLock)
    {
        var began = time.GetTimestamp();
        _logger = logger;
        _lock = spoolLock;
        var identity = SpoolLayout.ReadIdentity(files, options.Directory) ?? SpoolLayout.CreateIdentity(files, options.Directory, id);
        Id = identity.Id.ToString("x4");
        _key = identity.Key;
        Span<byte> key = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(key, _key);
        Name = $"{Id}-{Convert.ToHexStringLower(SHA256.HashData(key).AsSpan(0, 8))}";
        _health = new SpoolHealth(logger);
        _failed = new FailedStore(files, options.Directory);
        _failed.Open();

        var scan = SpoolScan.Read(files, options.Directory, _key);
        _segments = new SegmentStore(options, files, scan.NextSegmentIndex);
        var dedupe = new DedupeWindow(options.DedupeBatches);
        var recovery = new SpoolRecovery(options, files, scan, _table, _segments);
        Recovery = recovery.Run(dedupe, time, began);
        foreach (var waiting in recovery.Waiting)
        {
            _waiting.Writer.TryWrite(waiting);
        }

        var committedThrough = scan.NextRecord - 1;
        _journal = new OutcomeJournal(options, files, time, _table, _segments, _failed, _health, identity, scan.NextJournalIndex) { CommittedThrough = committedThrough };
        _appends = new AppendQueue(options, dedupe, time, _segments.NoteWriter);
        var start = new WriterStart(identity.Id, _key, scan.NextRecord, scan.NextGeneration, committedThrough);
        _writer = new AppendWriter(_appends, options.MaxGroupBytes, start, _segments, _table, _journal, _health, time, _waiting.Writer);
        _journal.Start();
        _segments.Start();
        _writer.Start();
        LogOpened(Id, options.Directory, Recovery.WaitingRecords, Recovery.WaitingMessages, Recovery.TornBytes, Recovery.Quarantined.Count, Recovery.Duration);
        foreach (var name in Recovery.Quarantined)
        {
            LogQuarantined(name);
        }
    }

    /// <summary>Four lower-case hex digits, stable for the life of the directory.</summary>
    public string Id { get; }

    /// <summary>The id and a digest of the key. Ids of two spools may be the same, names are not.</summary>
    public string Name { get; }

    /// <summary>What opening the spool found.</summary>
    public RecoveryReport Recovery { get; }

    /// <summary>Opens the spool of a directory, creating or recovering it.</summary>
    /// <param name="options">The limits.</param>
    /// <param name="files">The disk.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where changes of health are told.</param>
    /// <exception cref="ArgumentException">The options contradict themselves.</exception>
    /// <exception cref="IOException">Another process uses the directory, or the disk cannot be read or written at all. Bad data is no such case.</exception>
    public static MailSpool Open(SpoolOptions options, ISpoolFiles files, TimeProvider time, ILogger<MailSpool> logger) => Open(options, files, time, logger, id: null);

    /// <summary>Opens a spool; one that is new gets this id, if it is not null: copies of messages are known by the id of their owner's spool.</summary>
    internal static MailSpool Open(SpoolOptions options, ISpoolFiles files, TimeProvider time, ILogger<MailSpool> logger, ushort? id)
    {
        options.Validate();
        files.CreateDirectory(options.Directory);
        IDisposable spoolLock;
        try
        {
            spoolLock = files.Lock(Path.Combine(options.Directory, SpoolLayout.LockFile));
        }
        catch (IOException error)
        {
            throw new IOException($"The spool {options.Directory} is in use by another process: {error.Message}", error);
        }

        try
        {
            return new MailSpool(options, files, time, logger, id, spoolLock);
        }
        catch
        {
            spoolLock.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Appends a batch; completes after the flush that makes it durable. The memory of the batch belongs to the spool until then.
    /// Once the batch is queued it can no longer be cancelled: it is written or refused.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="cancellationToken">Looked at before the batch is queued.</param>
    /// <exception cref="ArgumentException">The batch contradicts itself: a fault of the caller.</exception>
    public ValueTask<AppendResult> AppendAsync(SpoolBatch batch, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<AppendResult>(cancellationToken) : _appends.AppendAsync(batch);

    /// <summary>Hands out a record whose batch had a follower: it may be delivered from now on.</summary>
    /// <param name="recordNumber">The record.</param>
    public void HandOut(long recordNumber)
    {
        if (_table.Find(recordNumber) is not null)
        {
            _waiting.Writer.TryWrite(recordNumber);
        }
    }

    /// <summary>
    /// Takes a record back that was not handed out and not acknowledged: it is never delivered, and its batch may come again. A crash before the task
    /// completes leaves a record like any other.
    /// </summary>
    /// <param name="recordNumber">The record.</param>
    /// <exception cref="IOException">It could not be made durable; the record counts as waiting.</exception>
    public async ValueTask VoidAsync(long recordNumber)
    {
        if (_table.Find(recordNumber) is { } entry)
        {
            await _journal.RecordAsync(new[] { new SpoolOutcome(recordNumber, SpoolOutcome.AllMessages, SpoolOutcome.AllRecipients, OutcomeKind.Void, "") });
            _appends.Forget(entry.Header.Batch);
        }
    }

    /// <summary>The record of a batch, if its id is among those remembered.</summary>
    /// <param name="batch">The batch's id.</param>
    /// <param name="recordNumber">The record.</param>
    public bool TryFind(BatchId batch, out long recordNumber) => _appends.TryFind(batch, out recordNumber);

    /// <summary>The highest number of a record that is durable.</summary>
    public long CommittedThrough => _journal.CommittedThrough;

    /// <summary>All records that wait, handed out or not, the oldest first.</summary>
    public IReadOnlyList<SpoolRecordRef> GetWaiting() => _table.Waiting();

    /// <summary>A record of which something waits; null when all its messages are done.</summary>
    /// <param name="recordNumber">The record.</param>
    public SpoolRecordRef? Find(long recordNumber) => _table.Find(recordNumber) is { } entry ? new SpoolRecordRef(recordNumber, entry.Header) : null;

    /// <summary>Messages and recipients that are done, of a record of which something waits.</summary>
    /// <param name="recordNumber">The record.</param>
    public IReadOnlyList<(int Message, int Recipient)> GetDone(long recordNumber) => _table.DoneOf(recordNumber);

    /// <summary>Forgets the id of a batch, so that it may come again.</summary>
    internal void Forget(BatchId batch) => _appends.Forget(batch);

    /// <summary>The next record to be delivered, oldest first: recovered ones, then new ones. For one consumer. Null when the spool closes.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<SpoolRecordRef?> NextAsync(CancellationToken cancellationToken)
    {
        while (await _waiting.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_waiting.Reader.TryRead(out var number) && Find(number) is { } next)
            {
                return next;
            }
        }

        return null;
    }

    /// <summary>Reads a waiting record back and verifies it.</summary>
    /// <param name="record">The record.</param>
    /// <exception cref="SpoolDataException">Its messages are all done, or its bytes have changed on the disk; the next start quarantines it.</exception>
    public SpoolRecord Read(SpoolRecordRef record)
    {
        var entry = _table.Find(record.RecordNumber)
            ?? throw new SpoolDataException($"Record {record.RecordNumber} does not wait in the spool: all its messages are done, or it never was there.");
        return SpoolRecord.Read(entry.Segment.File, entry.Offset, entry.Header, _key, _table)
            ?? throw new SpoolDataException($"Record {record.RecordNumber} in {entry.Segment.Path} at {entry.Offset} is not what was written there.");
    }

    /// <summary>
    /// Records outcomes; they are durable when the task completes. What failed or expired is first kept under <c>failed/</c>. An outcome of a
    /// message that is already done changes nothing. The memory belongs to the spool until the task completes.
    /// </summary>
    /// <param name="outcomes">The outcomes.</param>
    /// <param name="cancellationToken">Looked at before the outcomes are queued.</param>
    /// <exception cref="IOException">They could not be made durable; the messages count as waiting.</exception>
    public ValueTask RecordOutcomesAsync(ReadOnlyMemory<SpoolOutcome> outcomes, CancellationToken cancellationToken)
    {
        foreach (var outcome in outcomes.Span)
        {
            if (outcome.Kind is not (OutcomeKind.Delivered or OutcomeKind.Failed or OutcomeKind.Expired) || outcome.Recipient < SpoolOutcome.AllRecipients
                || (outcome.Message == SpoolOutcome.AllMessages
                    ? outcome is not { Kind: OutcomeKind.Delivered, Recipient: SpoolOutcome.AllRecipients }
                    : _table.Find(outcome.RecordNumber) is { } entry && (uint)outcome.Message >= (uint)entry.Header.Count))
            {
                throw new ArgumentException($"There is no such message, recipient or kind: {outcome}.", nameof(outcomes));
            }
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        return outcomes.IsEmpty ? ValueTask.CompletedTask : new ValueTask(_journal.RecordAsync(outcomes));
    }

    /// <summary>A snapshot for people and metrics.</summary>
    public SpoolStatus GetStatus()
    {
        var (counters, duplicates) = _appends.Totals();
        var (segments, records, messages, oldest) = _table.Totals();
        var (spares, bytes) = _segments.Totals();
        var reason = _health.Reason;
        return new SpoolStatus
        {
            Healthy = reason is null,
            Reason = reason,
            SegmentsInUse = segments,
            SegmentsSpare = spares,
            BytesUsed = bytes,
            RecordsWaiting = records,
            MessagesWaiting = messages,
            OldestAcceptedAt = oldest,
            LastFlushAt = counters.LastFlush,
            LastFlushDuration = counters.LastDuration,
            FailedMessages = _failed.Count,
            Records = counters.Records,
            Messages = counters.Messages,
            Bytes = counters.Bytes,
            Flushes = counters.Flushes,
            Duplicates = duplicates,
        };
    }

    /// <summary>A message's id as people see it: <c>spool-record-index</c>, the record in hex.</summary>
    /// <param name="spoolId">The spool's id.</param>
    /// <param name="recordNumber">The record.</param>
    /// <param name="index">The message's index in it.</param>
    public static string FormatMessageId(string spoolId, long recordNumber, int index) =>
        string.Create(CultureInfo.InvariantCulture, $"{spoolId}-{recordNumber:x}-{index}");

    /// <summary>Writes the id in UTF-8 without allocating.</summary>
    /// <param name="destination">Where it goes; 64 bytes are always enough.</param>
    /// <param name="spoolId">The spool's id.</param>
    /// <param name="recordNumber">The record.</param>
    /// <param name="index">The message's index in it.</param>
    /// <param name="written">The bytes written.</param>
    /// <returns>False when the destination is too short.</returns>
    public static bool TryFormatMessageId(Span<byte> destination, string spoolId, long recordNumber, int index, out int written)
    {
        written = 0;
        if (!Encoding.UTF8.TryGetBytes(spoolId, destination, out var length) || length >= destination.Length)
        {
            return false;
        }

        destination[length++] = (byte)'-';
        if (!Utf8Formatter.TryFormat(recordNumber, destination[length..], out var part, 'x') || (length += part) >= destination.Length)
        {
            return false;
        }

        destination[length++] = (byte)'-';
        if (!Utf8Formatter.TryFormat(index, destination[length..], out part))
        {
            return false;
        }

        written = length + part;
        return true;
    }

    /// <summary>Takes an id apart.</summary>
    /// <param name="text">The id.</param>
    /// <param name="spoolId">The spool's id.</param>
    /// <param name="recordNumber">The record.</param>
    /// <param name="index">The message's index in it.</param>
    /// <returns>False when the text is no such id.</returns>
    public static bool TryParseMessageId(string text, out string spoolId, out long recordNumber, out int index)
    {
        var parts = text.Split('-');
        spoolId = parts[0];
        (recordNumber, index) = (0, 0);
        return parts.Length == 3 && spoolId.Length == 4 && spoolId.All(char.IsAsciiHexDigitLower)
            && long.TryParse(parts[1], NumberStyles.AllowHexSpecifier, null, out recordNumber) && recordNumber > 0
            && int.TryParse(parts[2], NumberStyles.None, null, out index);
    }

    /// <summary>Takes nothing more, makes what is queued durable, and lets go of the directory.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        // The threads end with the write they are at; their joins must not hold a thread of the pool's caller in an async method.
        await Task.Factory.StartNew(Close, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private void Close()
    {
        _writer.Dispose();
        _journal.Dispose();
        _segments.Dispose();
        _table.CloseFiles();
        _waiting.Writer.TryComplete();
        _lock.Dispose();
    }

    [LoggerMessage(10, LogLevel.Information, "Spool {SpoolId} opened at {Directory}: {Records} records with {Messages} messages wait, {TornBytes} bytes of a torn end cut, {Quarantined} damaged stretches quarantined, in {Duration}")]
    private partial void LogOpened(string spoolId, string directory, int records, long messages, long tornBytes, int quarantined, TimeSpan duration);

    [LoggerMessage(11, LogLevel.Error, "Acknowledged mail in the spool is damaged; its bytes are kept in quarantine/{Name}")]
    private partial void LogQuarantined(string name);
}
