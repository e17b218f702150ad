using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grains.Copies;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Silo.Configuration;
using EcStreamOrleans.Silo.Spooling;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Copies;

/// <summary>
/// The owner's side of copies: makes each batch durable at a partner as well before it counts, tells the partner what is done, copies again what its last partner
/// alone had, and hears at its return what was delivered in its absence. The grains' port to the spool when there are copies.
/// </summary>
internal sealed partial class CopySender(
    SpoolSettings settings,
    SpoolHost host,
    CopyPlaces places,
    CopyClient client,
    BatchTracing tracing,
    TimeProvider clock,
    ILogger<CopySender> logger) : BackgroundService, IBatchSpool
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>What is done is told once a period, or as soon as so many records are.</summary>
    private const int MostNotices = 5_000;

    private readonly ConcurrentDictionary<long, CopyOnItsWay> _undecided = new();
    private readonly ConcurrentDictionary<long, byte> _missing = new();
    private readonly Dictionary<string, SiloAddress> _registered = new(StringComparer.Ordinal);
    private readonly Lock _noticeLock = new();
    private readonly TaskCompletionSource _returned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<bool> _nudges = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Dictionary<CopyKey, List<CopyOutcome>> _notices = [];
    private PartnerBook _book = null!;
    private long _startedAt;
    private volatile Standing _standing = new(null, IsAlone: false);
    private Task _filling = Task.CompletedTask;
    private CancellationTokenSource _fillingEnds = new();
    private volatile bool _isFilled;
    private bool _isToldComplete;

    /// <summary>Completes when all that may have delivered from copies in this silo's absence have said what, or have been waited for long enough.</summary>
    public Task Returned => _returned.Task;

    /// <summary>Whether batches need a copy.</summary>
    public bool IsOn => settings.Copies > 1;

    /// <summary>Who holds the copies of new batches; null while nobody does.</summary>
    public CopyPartner? Partner => _standing.Partner;

    private MailSpool Spool => host.Spool;

    private bool TakesMailAlone => settings.WhenAlone == WhenAlone.GoOn;

    private TimeProvider Clock => clock;

    /// <summary>Records that wait here and are known to have no copy elsewhere, or are not known to have one.</summary>
    public long Missing => !IsOn ? 0 : Partner is null || !_isFilled ? host.Spool.GetStatus().RecordsWaiting : _missing.Count;

    /// <summary>What keeps the silo from taking mail; null if nothing does.</summary>
    public string? Obstacle => !IsOn || Partner is not null || TakesMailAlone ? null : Alone();

    public async ValueTask<SpoolAnswer> AppendAsync(PeerId peer, MailBatch batch, CancellationToken cancellationToken)
    {
        using var span = tracing.Start("ecstream.spool.append", batch.Id);
        var spool = host.Spool;
        var began = clock.GetTimestamp();
        while (true)
        {
            var standing = await StandAsync(began);
            if (standing.Partner is null && !TakesMailAlone)
            {
                return Refusal(spool, $"4.3.2 {Alone()}");
            }

            var copy = standing.Partner is null ? null : new CopyOnItsWay(this, peer, batch, began);
            var result = await spool.AppendAsync(
                new SpoolBatch { Id = batch.Id, Peer = peer.Key, Listener = batch.Listen, Packages = batch.Packages, Ends = batch.Ends, Checksum = batch.Checksum, Follower = copy },
                cancellationToken);
            if (result.Status is not (AppendStatus.Durable or AppendStatus.Duplicate))
            {
                copy?.GiveUp();
                return SpoolHost.Answer(spool, result);
            }

            if (copy is { Number: var number } && number == result.RecordNumber)
            {
                return await copy.DecideAsync();
            }

            // An earlier append of the batch: it may be waiting for its copy, be decided, or have been taken back meanwhile.
            if (_undecided.TryGetValue(result.RecordNumber, out var earlier) && earlier.Id == batch.Id)
            {
                return await earlier.Decision;
            }

            if (spool.TryFind(batch.Id, out var record) && record == result.RecordNumber)
            {
                if (copy is null)
                {
                    _missing.TryAdd(record, 0);
                }

                return SpoolHost.Answer(spool, result);
            }
        }
    }

    /// <summary>What came of a record that was delivered here.</summary>
    public void Note(SpoolRecordRef record, ReadOnlySpan<SpoolOutcome> outcomes)
    {
        if (!IsOn)
        {
            return;
        }

        var key = new CopyKey(record.RecordNumber, record.Batch);
        var isDone = host.Spool.Find(record.RecordNumber) is null;
        lock (_noticeLock)
        {
            ref var notices = ref CollectionsMarshal.GetValueRefOrAddDefault(_notices, key, out _);
            notices ??= [];
            if (isDone)
            {
                notices.Clear();
                notices.Add(key.AllDone());
            }
            else if (notices is not [{ Message: SpoolOutcome.AllMessages }])
            {
                foreach (var outcome in outcomes)
                {
                    notices.Add(new CopyOutcome(key, outcome.Message, outcome.Recipient, OutcomeKind.Delivered, ""));
                }
            }

            if (_notices.Count != MostNotices)
            {
                return;
            }
        }

        _nudges.Writer.TryWrite(true);
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _book = new PartnerBook(host.Files, settings.Directory);
        _startedAt = clock.GetTimestamp();
        if (_book.Names.Count == 0)
        {
            _returned.TrySetResult();
        }

        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await _fillingEnds.CancelAsync();
        await _filling;
        await TryAsync(NoticeAsync);
        foreach (var silo in _registered.Values.Where(places.IsActiveNow))
        {
            await TryAsync(() => client.At(silo).LeaveAsync(host.Spool.Name));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var watching = places.WatchAsync(() => _nudges.Writer.TryWrite(true), stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            await TryAsync(places.RefreshAsync);
            await TryAsync(ReturnAsync);
            await TryAsync(ChooseAsync);
            await TryAsync(NoticeAsync);
            await TryAsync(ClearOthersAsync);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await Task.WhenAny(_nudges.Reader.WaitToReadAsync(either.Token).AsTask(), Task.Delay(Period, clock, either.Token));
            await either.CancelAsync();
            _nudges.Reader.TryRead(out bool _);
        }

        await watching.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Hears from all that may hold copies what they have delivered: from then on they deliver nothing more.</summary>
    private async Task ReturnAsync()
    {
        foreach (var (silo, place) in places.Known.Where(known => _book.Names.Contains(known.Place.Spool) && !IsRegistered(known)))
        {
            await RegisterAsync(silo, place.Spool, epoch: 0);
        }

        var isLate = clock.GetElapsedTime(_startedAt) >= settings.ReturnTime;
        var missing = _book.Names.Where(name => !_registered.ContainsKey(name)).ToList();
        if (!_returned.Task.IsCompleted && (missing.Count == 0 || isLate || host.Spool.Recovery.WaitingRecords == 0))
        {
            if (missing.Count > 0 && host.Spool.Recovery.WaitingRecords > 0)
            {
                LogNotHeard(string.Join(", ", missing), settings.ReturnTime.TotalSeconds, host.Spool.Recovery.WaitingMessages);
            }

            _returned.TrySetResult();
        }
    }

    private async Task RegisterAsync(SiloAddress silo, string name, long epoch)
    {
        var holder = client.At(silo);
        var spool = host.Spool;
        await holder.RegisterAsync(new CopyOwner(spool.Name, places.Local, epoch));
        long taken = 0;
        for (var page = await holder.ReadOutcomesAsync(spool.Name, 0); page.Done.Count > 0; page = await holder.ReadOutcomesAsync(spool.Name, page.Next))
        {
            var outcomes = page.Done
                .Select(CopyWords.Outcome)
                .Where(outcome => spool.Find(outcome.Key.Number) is { } record && record.Batch == outcome.Key.Batch && outcome.Message < record.Count)
                .Select(outcome => new SpoolOutcome(outcome.Key.Number, outcome.Message, outcome.Recipient, outcome.Kind, outcome.Text))
                .ToArray();
            await spool.RecordOutcomesAsync(outcomes, CancellationToken.None);
            taken += outcomes.Length;
        }

        await holder.SettleAsync(spool.Name);
        _registered[name] = silo;
        if (taken > 0)
        {
            LogTakenIn(taken, name, silo);
        }
    }

    private async Task ChooseAsync()
    {
        if (!IsOn || (_standing.Partner is { } partner && places.IsActiveNow(partner.Silo)))
        {
            return;
        }

        if (_standing.Partner is { } lost)
        {
            LogLost(lost.Spool, lost.Silo);
            Stand(new Standing(null, IsAlone: false));
        }

        if (Rank(host.Spool.Name, places.Zone, places.Known) is not ({ } silo, { } place))
        {
            // A silo that is there and has not said who it is, as long as it is young, is no reason to refuse.
            var since = _standing.Since ?? clock.GetTimestamp();
            Stand(new Standing(null, IsAlone: places.Others.Count == 0 || clock.GetElapsedTime(since) > Period * 3) { Since = since });
            return;
        }

        // Durable before the first copy goes there: whoever comes back must know whom to ask.
        _book.Begin(place.Spool);
        await RegisterAsync(silo, place.Spool, _book.Epoch);
        await _fillingEnds.CancelAsync();
        await _filling;
        _fillingEnds.Dispose();
        _fillingEnds = new CancellationTokenSource();
        lock (_noticeLock)
        {
            _notices = [];
        }

        (_isFilled, _isToldComplete) = (false, false);
        var chosen = new CopyPartner(silo, place.Spool, place.Zone, _book.Epoch);
        Stand(new Standing(chosen, IsAlone: false));
        LogChosen(place.Spool, silo, place.Zone ?? "none");
        _filling = Task.Run(() => FillAsync(chosen, _fillingEnds.Token));
    }

    /// <summary>
    /// Another zone before one's own, and among equals the same for the same silos: a silo that comes back finds the partner that it had, and not all choose one.
    /// </summary>
    internal static (SiloAddress? Silo, CopyPlace? Place) Rank(string own, string? zone, IEnumerable<(SiloAddress Silo, CopyPlace Place)> known) => known
        .Where(other => other.Place.Spool != own)
        .OrderByDescending(other => zone is not null && other.Place.Zone is { } its && its != zone)
        .ThenByDescending(other => Weight(own, other.Place.Spool))
        .Select(other => ((SiloAddress?)other.Silo, (CopyPlace?)other.Place))
        .FirstOrDefault();

    private static ulong Weight(string own, string other) =>
        BitConverter.ToUInt64(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{own} {other}")));

    /// <summary>Compares what waits here with what the partner holds, and copies what it lacks; goes on with what was taken without a copy.</summary>
    private async Task FillAsync(CopyPartner partner, CancellationToken cancellationToken)
    {
        var isCompared = false;
        using var timer = new PeriodicTimer(Period, clock);
        do
        {
            try
            {
                if (!isCompared)
                {
                    await Returned.WaitAsync(cancellationToken);
                    await CompareAsync(partner);
                    isCompared = true;
                }

                await Parallel.ForEachAsync(
                    _missing.Keys.Order(),
                    new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken },
                    async (number, _) => await CopyAgainAsync(partner, number));
                if (!_isFilled)
                {
                    _isFilled = true;
                    LogFilled(partner.Spool);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                LogTrouble(error);
            }
        }
        while (await WaitAsync(timer, cancellationToken));
    }

    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken cancellationToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task CompareAsync(CopyPartner partner)
    {
        // In this order: what is below the bound was decided before the partner is asked, and so is waiting still or done for good.
        var bound = host.Spool.CommittedThrough + 1;
        bound = _undecided.Keys.Append(bound).Min();
        HashSet<CopyKey> held = [];
        CopyName? last = null;
        for (var page = await client.At(partner.Silo).ListAsync(host.Spool.Name, last); page.Count > 0; page = await client.At(partner.Silo).ListAsync(host.Spool.Name, last))
        {
            held.UnionWith(page.Select(CopyWords.Key));
            last = page[^1];
        }

        // What is undecided asks for this partner when it is decided. What was decided before may be above the bound, and have its copy at the last one.
        foreach (var record in host.Spool.GetWaiting())
        {
            if (!held.Remove(new CopyKey(record.RecordNumber, record.Batch)) && !_undecided.ContainsKey(record.RecordNumber))
            {
                _missing.TryAdd(record.RecordNumber, 0);
            }
        }

        lock (_noticeLock)
        {
            foreach (var key in held.Where(key => key.Number < bound))
            {
                _notices[key] = [key.AllDone()];
            }
        }
    }

    private async Task CopyAgainAsync(CopyPartner partner, long number)
    {
        if (host.Spool.Find(number) is { } waiting)
        {
            using var record = host.Spool.Read(waiting);
            var batch = new MailBatch(record.Id, record.Listener, record.GetPackages().ToArray(), record.GetPackages().Length, record.GetEnds(), record.Count);
            var answer = await StoreAsync(partner, number, record.AcceptedAt, record.Peer, batch);
            if (!answer.IsDurable)
            {
                throw new IOException(answer.Text);
            }

            // What was done of it before it was there could not be noted.
            Note(waiting, [.. host.Spool.GetDone(number).Select(done => new SpoolOutcome(number, done.Message, done.Recipient, OutcomeKind.Delivered, ""))]);
        }

        _missing.TryRemove(number, out _);
    }

    private ValueTask<CopyAnswer> StoreAsync(CopyPartner partner, long number, DateTimeOffset acceptedAt, string peer, MailBatch batch) =>
        client.At(partner.Silo).StoreAsync(new CopyOrigin(host.Spool.Name, number, acceptedAt, peer), batch);

    private async Task NoticeAsync()
    {
        if (Partner is not { } partner)
        {
            return;
        }

        Dictionary<CopyKey, List<CopyOutcome>> notices;
        lock (_noticeLock)
        {
            (notices, _notices) = (_notices, []);
        }

        var isComplete = _isFilled && _missing.IsEmpty;
        if (notices.Count == 0 && (_isToldComplete || !isComplete))
        {
            return;
        }

        try
        {
            var all = notices.Values.SelectMany(list => list).Select(CopyWords.Done).ToList();
            foreach (var part in all.Chunk(MostNotices).DefaultIfEmpty([]))
            {
                await client.At(partner.Silo).FreeAsync(host.Spool.Name, part, isComplete);
            }

            _isToldComplete |= isComplete;
        }
        catch
        {
            // They are told again, with what has come meanwhile.
            lock (_noticeLock)
            {
                foreach (var (key, list) in notices)
                {
                    ref var later = ref CollectionsMarshal.GetValueRefOrAddDefault(_notices, key, out _);
                    later = later is [{ Message: SpoolOutcome.AllMessages }] ? later : [.. list, .. later ?? []];
                }
            }

            throw;
        }
    }

    /// <summary>Those who held copies before, and are there: theirs are not needed once the partner has all.</summary>
    private async Task ClearOthersAsync()
    {
        if (IsOn && (!_isToldComplete || Partner is null))
        {
            return;
        }

        foreach (var name in _book.Names.Where(name => name != Partner?.Spool && _registered.ContainsKey(name)).ToList())
        {
            if (places.Known.FirstOrDefault(known => known.Place.Spool == name && IsRegistered(known)) is ({ } silo, _))
            {
                await client.At(silo).ClearAsync(host.Spool.Name);
                _book.Remove(name);
                _registered.Remove(name);
            }
        }
    }

    private bool IsRegistered((SiloAddress Silo, CopyPlace Place) known) => _registered.TryGetValue(known.Place.Spool, out var silo) && silo.Equals(known.Silo);

    private void Stand(Standing next)
    {
        var last = _standing;
        if (next.IsAlone && !last.IsAlone)
        {
            LogAlone(TakesMailAlone ? "mail is taken with one copy" : "no mail is taken");
        }

        _standing = next;
        last.Changed.TrySetResult();
    }

    /// <summary>How things stand, once it is known: not for long is there another silo and no partner.</summary>
    private async ValueTask<Standing> StandAsync(long began)
    {
        while (true)
        {
            var standing = _standing;
            if (standing.Partner is not null || standing.IsAlone)
            {
                return standing;
            }

            var left = CopyOnItsWay.Patience - clock.GetElapsedTime(began);
            await standing.Changed.Task.WaitAsync(left < TimeSpan.Zero ? TimeSpan.Zero : left, clock);
        }
    }

    private string Alone() => $"no other silo is there to hold a copy, and Grid:Spool:Copies = {settings.Copies} (Grid:Spool:WhenAlone = {settings.WhenAlone})";

    private static SpoolAnswer Refusal(MailSpool spool, string text) => new(IsDurable: false, spool.Id, -1, text);

    private async Task TryAsync(Func<Task> part)
    {
        try
        {
            await part();
        }
        catch (Exception error)
        {
            // A silo that goes, a table that does not answer: the next round tries again.
            LogTrouble(error);
        }
    }

    [LoggerMessage(340, LogLevel.Information, "Copies go to spool {Spool} at {Silo}, zone {Zone}")]
    private partial void LogChosen(string spool, SiloAddress silo, string zone);

    [LoggerMessage(341, LogLevel.Warning, "The holder of this silo's copies is gone: spool {Spool} at {Silo}")]
    private partial void LogLost(string spool, SiloAddress silo);

    [LoggerMessage(342, LogLevel.Error, "No other silo is there to hold copies: {Consequence}")]
    private partial void LogAlone(string consequence);

    [LoggerMessage(343, LogLevel.Information, "{Outcomes} outcomes were taken in from spool {Spool} at {Silo}, which delivered in this silo's absence")]
    private partial void LogTakenIn(long outcomes, string spool, SiloAddress silo);

    [LoggerMessage(344, LogLevel.Error, "Spools {Spools} may have delivered in this silo's absence and have not been heard of for {Seconds} s: {Messages} messages are delivered here, some perhaps for the second time")]
    private partial void LogNotHeard(string spools, double seconds, long messages);

    [LoggerMessage(345, LogLevel.Debug, "Copies could not be kept up; trying again")]
    private partial void LogTrouble(Exception error);

    [LoggerMessage(346, LogLevel.Information, "All that waits has its copy at spool {Spool}")]
    private partial void LogFilled(string spool);

    private sealed record Standing(CopyPartner? Partner, bool IsAlone)
    {
        /// <summary>When there was last a partner; null if it is not known.</summary>
        public long? Since { get; init; }

        public TaskCompletionSource Changed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>Who holds the copies.</summary>
/// <param name="Silo">Where.</param>
/// <param name="Spool">The name of its spool.</param>
/// <param name="Zone">Its zone; null if nobody said.</param>
/// <param name="Epoch">Counts the partners.</param>
internal sealed record CopyPartner(SiloAddress Silo, string Spool, string? Zone, long Epoch);
