using System.Globalization;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Spool;

/// <summary>
/// The copies of another spool's records: a spool in the same format, in a directory of its own. Nothing in it is delivered while its owner lives. Its owner says what is
/// done; when the owner is dead whoever holds the copies delivers them, and keeps what came of it until the owner has taken that in.
/// </summary>
public sealed class CopySpool : IAsyncDisposable
{
    private readonly SpoolOptions _options;
    private readonly ISpoolFiles _files;
    private readonly Lock _gate = new();
    private readonly SortedSet<CopyKey> _keys = new(CopyKey.Order);
    private readonly Dictionary<CopyKey, long> _records = [];
    private readonly Dictionary<long, CopyKey> _keysByRecord = [];
    private readonly Dictionary<long, Task> _dropping = [];
    private readonly SemaphoreSlim _logGate = new(1, 1);
    private readonly TakeOverLog _log;

    private CopySpool(SpoolOptions options, string owner, ISpoolFiles files, MailSpool spool)
    {
        (_options, _files, Owner, Spool) = (options, files, owner, spool);
        _log = new TakeOverLog(files, options.Directory);
        if (files.List(options.Directory).Contains(CopyRegister.FileName, StringComparer.Ordinal))
        {
            Register = CopyRegister.Read(SpoolLayout.ReadWhole(files, Path.Combine(options.Directory, CopyRegister.FileName)));
        }

        foreach (var record in spool.GetWaiting())
        {
            Add(new CopyKey(record.Origin, record.Batch), record.RecordNumber);
        }
    }

    /// <summary>The name of the owner's spool.</summary>
    public string Owner { get; }

    /// <summary>What the copies are in. Its messages are known by the ids that they have at their owner.</summary>
    public MailSpool Spool { get; }

    /// <summary>What is known of the owner; null before <see cref="Write"/> was first called.</summary>
    public CopyRegister? Register { get; private set; }

    /// <summary>Whether there are outcomes that the owner has not taken in.</summary>
    public bool HasOutcomes => !_log.IsEmpty;

    /// <summary>Opens the copies of an owner, creating or recovering them.</summary>
    /// <param name="options">Their limits, and their directory.</param>
    /// <param name="owner">The name of the owner's spool.</param>
    /// <param name="files">The disk.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where changes of health are told.</param>
    /// <exception cref="ArgumentException">The owner is no name of a spool, or the options contradict themselves.</exception>
    /// <exception cref="IOException">Another process uses the directory, or the disk cannot be read or written at all.</exception>
    public static async Task<CopySpool> OpenAsync(SpoolOptions options, string owner, ISpoolFiles files, TimeProvider time, ILogger<MailSpool> logger)
    {
        if (!IsName(owner))
        {
            throw new ArgumentException($"'{owner}' is no name of a spool.", nameof(owner));
        }

        var spool = MailSpool.Open(options, files, time, logger, ushort.Parse(owner.AsSpan(0, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        try
        {
            var copies = new CopySpool(options, owner, files, spool);
            await copies.RepeatLogAsync();
            return copies;
        }
        catch
        {
            await spool.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether a text is the name of a spool: it becomes that of a directory.</summary>
    /// <param name="name">The text.</param>
    public static bool IsName(string name) =>
        name.Length == 21 && name[4] == '-' && name.Where((_, place) => place != 4).All(char.IsAsciiHexDigitLower);

    /// <summary>Notes what is known of the owner; durable when it returns.</summary>
    /// <param name="register">What is known.</param>
    /// <exception cref="IOException">It could not be made durable.</exception>
    public void Write(CopyRegister register)
    {
        if (register != Register)
        {
            SpoolLayout.WriteWhole(_files, _options.Directory, CopyRegister.FileName, register.Write());
            Register = register;
        }
    }

    /// <summary>Makes a copy durable. A copy that is there is there once, however often it comes.</summary>
    /// <param name="batch">The batch; its origin is the record's number at the owner. Its memory belongs to the spool until the task completes.</param>
    public async ValueTask<AppendResult> StoreAsync(SpoolBatch batch)
    {
        var copy = batch with { Follower = CopyFollower.Instance };
        while (true)
        {
            var result = await Spool.AppendAsync(copy, CancellationToken.None);
            if (result.Status is not (AppendStatus.Durable or AppendStatus.Duplicate))
            {
                return result;
            }

            Task? dropping;
            lock (_gate)
            {
                if (!_dropping.TryGetValue(result.RecordNumber, out dropping))
                {
                    if (Spool.Find(result.RecordNumber) is not null)
                    {
                        Add(new CopyKey(batch.Origin, batch.Id), result.RecordNumber);
                        return result;
                    }

                    // It was here, and is done: it has come again, and needs a record of its own.
                    Spool.Forget(batch.Id);
                }
            }

            if (dropping is not null)
            {
                await dropping;
            }
        }
    }

    /// <summary>The owner says what is done. What is not here any more is no error.</summary>
    /// <param name="outcomes">What is done; all of a record frees it.</param>
    /// <exception cref="IOException">It could not be made durable; the copies wait as before.</exception>
    public async Task FreeAsync(IEnumerable<CopyOutcome> outcomes)
    {
        List<Task> drops = [];
        List<SpoolOutcome> parts = [];
        foreach (var outcome in outcomes)
        {
            if (outcome.Message == SpoolOutcome.AllMessages)
            {
                drops.Add(DropAsync(outcome.Key));
            }
            else if (Find(outcome.Key) is { } record && (uint)outcome.Message < (uint)record.Count && outcome.Recipient >= SpoolOutcome.AllRecipients)
            {
                parts.Add(new SpoolOutcome(record.RecordNumber, outcome.Message, outcome.Recipient, OutcomeKind.Delivered, ""));
            }
        }

        await Spool.RecordOutcomesAsync(parts.ToArray(), CancellationToken.None);
        foreach (var part in parts)
        {
            Remove(part.RecordNumber);
        }

        await Task.WhenAll(drops);
    }

    /// <summary>Records what came of a copy that was delivered in its owner's place: first for the owner, then here.</summary>
    /// <param name="outcomes">What came of it.</param>
    /// <exception cref="IOException">It could not be made durable; the messages count as waiting.</exception>
    public async ValueTask RecordAsync(ReadOnlyMemory<SpoolOutcome> outcomes)
    {
        List<CopyOutcome> forOwner = [];
        lock (_gate)
        {
            foreach (var outcome in outcomes.Span)
            {
                if (_keysByRecord.TryGetValue(outcome.RecordNumber, out var key))
                {
                    forOwner.Add(new CopyOutcome(key, outcome.Message, outcome.Recipient, outcome.Kind, outcome.Text));
                }
            }
        }

        await _logGate.WaitAsync();
        try
        {
            _log.Append(forOwner);
        }
        finally
        {
            _logGate.Release();
        }

        await RecordHereAsync(outcomes);
    }

    /// <summary>What was done in the owner's place, from a position on; the first is 0.</summary>
    /// <param name="position">Where to go on.</param>
    /// <param name="most">At most so many.</param>
    /// <returns>The outcomes, none at the end, and the position behind them.</returns>
    public async Task<(IReadOnlyList<CopyOutcome> Outcomes, long Next)> ReadOutcomesAsync(long position, int most)
    {
        await _logGate.WaitAsync();
        try
        {
            return _log.Read(position, most);
        }
        finally
        {
            _logGate.Release();
        }
    }

    /// <summary>The owner has taken in what was done in its place.</summary>
    /// <exception cref="IOException">It could not be made durable.</exception>
    public async Task SettleAsync()
    {
        await _logGate.WaitAsync();
        try
        {
            _log.Clear();
        }
        finally
        {
            _logGate.Release();
        }
    }

    /// <summary>The copies that wait, by number.</summary>
    /// <param name="after">Those behind this one; null for all.</param>
    /// <param name="most">At most so many.</param>
    public IReadOnlyList<CopyKey> List(CopyKey? after, int most)
    {
        lock (_gate)
        {
            return after is not { } last ? [.. _keys.Take(most)]
                : _keys.Count == 0 || CopyKey.Order.Compare(_keys.Max, last) <= 0 ? []
                : [.. _keys.GetViewBetween(last, _keys.Max).Where(key => key != last).Take(most)];
        }
    }

    /// <summary>The records of all copies that wait, in the order of their numbers at the owner.</summary>
    public IReadOnlyList<SpoolRecordRef> GetWaiting()
    {
        lock (_gate)
        {
            return [.. _keys.Select(key => Spool.Find(_records[key])).OfType<SpoolRecordRef>()];
        }
    }

    /// <summary>Frees every copy, and forgets what was done with others: none of them is needed any more.</summary>
    /// <exception cref="IOException">It could not be made durable.</exception>
    public async Task ClearAsync()
    {
        await FreeAsync(List(after: null, int.MaxValue).Select(key => new CopyOutcome(key, SpoolOutcome.AllMessages, SpoolOutcome.AllRecipients, OutcomeKind.Delivered, "")));
        await SettleAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Spool.DisposeAsync();
        _log.Dispose();
        _logGate.Dispose();
    }

    // A crash between the log and the journal: what the owner will be told must not be delivered again.
    private async Task RepeatLogAsync()
    {
        for (var (outcomes, next) = _log.Read(0, 1_000); outcomes.Count > 0; (outcomes, next) = _log.Read(next, 1_000))
        {
            await RecordHereAsync(outcomes
                .Select(outcome => (outcome, Record: Find(outcome.Key)))
                .Where(found => found.Record is not null)
                .Select(found => new SpoolOutcome(found.Record!.Value.RecordNumber, found.outcome.Message, found.outcome.Recipient, found.outcome.Kind, found.outcome.Text))
                .ToArray());
        }
    }

    private async Task RecordHereAsync(ReadOnlyMemory<SpoolOutcome> outcomes)
    {
        await Spool.RecordOutcomesAsync(outcomes, CancellationToken.None);
        for (var i = 0; i < outcomes.Length; i++)
        {
            Remove(outcomes.Span[i].RecordNumber);
        }
    }

    private async Task DropAsync(CopyKey key)
    {
        var dropped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        long record;
        lock (_gate)
        {
            if (!_records.TryGetValue(key, out record) || !_dropping.TryAdd(record, dropped.Task))
            {
                return;
            }
        }

        try
        {
            await Spool.VoidAsync(record);
            Remove(record);
        }
        finally
        {
            lock (_gate)
            {
                _dropping.Remove(record);
            }

            dropped.SetResult();
        }
    }

    private SpoolRecordRef? Find(CopyKey key)
    {
        lock (_gate)
        {
            return _records.TryGetValue(key, out var record) ? Spool.Find(record) : null;
        }
    }

    private void Add(CopyKey key, long record)
    {
        lock (_gate)
        {
            if (_keysByRecord.TryGetValue(record, out var earlier))
            {
                // The batch was taken back at its owner, and came again under another number.
                _keys.Remove(earlier);
                _records.Remove(earlier);
            }

            _keys.Add(key);
            _records[key] = record;
            _keysByRecord[record] = key;
        }
    }

    // Behind the last of its messages.
    private void Remove(long record)
    {
        lock (_gate)
        {
            if (Spool.Find(record) is null && _keysByRecord.Remove(record, out var key))
            {
                _keys.Remove(key);
                _records.Remove(key);
            }
        }
    }
}

/// <summary>Keeps a record from being handed out: nobody delivers a copy unasked.</summary>
internal sealed class CopyFollower : IAppendFollower
{
    public static readonly CopyFollower Instance = new();

    public void Numbered(long recordNumber, DateTimeOffset acceptedAt)
    {
    }
}
