using System.Collections.Concurrent;
using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grains.Copies;
using EcStreamOrleans.Silo.Configuration;
using EcStreamOrleans.Silo.Relay;
using EcStreamOrleans.Silo.Spooling;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Copies;

/// <summary>
/// Keeps what other silos bring, each owner's in a directory of its own, and delivers it when the owner is dead: declared so by the cluster, under no other address, and
/// not gone in order a while ago. What it did the owner is told when it comes back.
/// </summary>
internal sealed partial class CopyHolder(
    GridSettings settings,
    SpoolHost host,
    RelayWorker relay,
    CopyPlaces places,
    TimeProvider clock,
    ILogger<MailSpool> spoolLogger,
    ILogger<CopyHolder> logger) : BackgroundService
{
    private const int PageSize = 5_000;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>How long a returning owner is kept waiting for replies that its gateway owes: well below the time of its call.</summary>
    private static readonly TimeSpan WithdrawTime = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Held> _held = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _gate = new(1, 1);

    private string Root => Path.Combine(Path.GetFullPath(settings.Data), "copies");

    /// <summary>The owners whose copies are here.</summary>
    public IReadOnlyList<HeldCopiesReport> Report() =>
        [.. _held.Values.OrderBy(held => held.Copies.Owner, StringComparer.Ordinal).Select(held =>
        {
            var status = held.Copies.Spool.GetStatus();
            return new HeldCopiesReport(held.Copies.Owner, held.Source is not null, held.Copies.Register?.LeftAt, status.MessagesWaiting, status.FailedMessages, status.BytesUsed);
        })];

    /// <summary>Opens what is there, before anybody brings more.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(Root))
        {
            foreach (var owner in Directory.EnumerateDirectories(Root).Select(directory => Path.GetFileName(directory)!).Where(CopySpool.IsName))
            {
                await OpenAsync(owner);
            }
        }

        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (var held in _held.Values)
        {
            await held.Copies.DisposeAsync();
        }
    }

    public CopyPlace Introduce(string? owner)
    {
        var register = owner is not null && _held.TryGetValue(owner, out var held) ? held.Copies.Register : null;
        return new CopyPlace(host.Spool.Name, places.Zone, register?.Epoch ?? 0, register?.IsComplete == true);
    }

    public async Task RegisterAsync(CopyOwner owner)
    {
        // Whoever calls may be younger than what this silo knows of the cluster.
        await places.RereadAsync(CancellationToken.None);
        await _gate.WaitAsync();
        try
        {
            var held = _held.GetValueOrDefault(owner.Spool) ?? await OpenAsync(owner.Spool);
            if (held.Source is { } source)
            {
                relay.Remove(source);
                await source.WithdrawAsync(WithdrawTime, clock);
                held.Source = null;
                LogReturned(logger, owner.Spool, owner.Silo);
            }

            var earlier = held.Copies.Register;
            held.Copies.Write(new CopyRegister(
                owner.Silo.ToParsableString(),
                owner.Epoch == 0 ? earlier?.Epoch ?? 0 : owner.Epoch,
                owner.Epoch == 0 && earlier?.IsComplete == true,
                LeftAt: null));
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task<CopyOutcomes> ReadOutcomesAsync(string owner, long position)
    {
        var (outcomes, next) = await Find(owner).Copies.ReadOutcomesAsync(position, PageSize);
        return new CopyOutcomes([.. outcomes.Select(CopyWords.Done)], next);
    }

    public Task SettleAsync(string owner) => Find(owner).Copies.SettleAsync();

    public async ValueTask<CopyAnswer> StoreAsync(CopyOrigin origin, MailBatch batch)
    {
        try
        {
            var held = Find(origin.Spool);
            if (held.Source is not null)
            {
                return new CopyAnswer(IsDurable: false, "4.3.2 this silo was taken for dead, and its mail is delivered by the holder of its copies");
            }

            var result = await held.Copies.StoreAsync(new SpoolBatch
            {
                Id = batch.Id,
                Peer = origin.Peer,
                Listener = batch.Listen,
                Packages = batch.Packages,
                Ends = batch.Ends,
                Origin = origin.Number,
                AcceptedAt = origin.AcceptedAt,
            });
            var answer = SpoolHost.Answer(held.Copies.Spool, result);
            return new CopyAnswer(answer.IsDurable, answer.Text);
        }
        finally
        {
            if (batch.IsReceived)
            {
                batch.Release();
            }
        }
    }

    public IReadOnlyList<CopyName> List(string owner, CopyName? after) => [.. Find(owner).Copies.List(after?.Key(), PageSize).Select(CopyWords.Name)];

    public async Task FreeAsync(string owner, IReadOnlyList<CopyDone> done, bool isComplete)
    {
        var copies = Find(owner).Copies;
        await copies.FreeAsync(done.Select(CopyWords.Outcome));
        if (copies.Register is { } register && isComplete)
        {
            copies.Write(register with { IsComplete = true });
        }
    }

    public async Task ClearAsync(string owner)
    {
        var copies = Find(owner).Copies;
        await copies.ClearAsync();
        copies.Write(copies.Register! with { Epoch = 0, IsComplete = false });
    }

    public Task LeaveAsync(string owner)
    {
        var copies = Find(owner).Copies;
        copies.Write(copies.Register! with { LeftAt = clock.GetUtcNow() });
        return Task.CompletedTask;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var held in _held.Values)
            {
                try
                {
                    if (IsOrphan(held))
                    {
                        await TakeOverAsync(held, stoppingToken);
                    }
                }
                catch (Exception error) when (!stoppingToken.IsCancellationRequested)
                {
                    LogNotTakenOver(logger, error, held.Copies.Owner);
                }
            }
        }
    }

    private bool IsOrphan(Held held) =>
        held.Source is null
        && held.Copies.Register is { } register
        && places.IsActive
        && places.IsGone(SiloAddress.FromParsableString(register.Address))
        && !(register.LeftAt is { } left && clock.GetUtcNow() - left < settings.Spool.AbsenceTime)
        && held.Copies.Spool.GetStatus().RecordsWaiting > 0;

    private async Task TakeOverAsync(Held held, CancellationToken cancellationToken)
    {
        await places.RereadAsync(cancellationToken);
        var answers = await Task.WhenAll(places.Others.Select(silo => places.AskAsync(silo, held.Copies.Owner)));
        await _gate.WaitAsync(cancellationToken);
        try
        {
            // It may be back under another address; one that cannot say so yet may be it.
            if (!IsOrphan(held) || answers.Any(answer => answer is null || answer.Spool == held.Copies.Owner))
            {
                return;
            }

            var register = held.Copies.Register!;
            if (answers.Any(answer => answer!.IsComplete && answer.Epoch > register.Epoch))
            {
                LogOutOfDate(logger, held.Copies.Owner);
                await ClearAsync(held.Copies.Owner);
                return;
            }

            held.Source = new TakenOverSource(held.Copies);
            relay.Add(held.Source);
            LogTakenOver(logger, held.Copies.Owner, held.Copies.Spool.GetStatus().MessagesWaiting, register.Address);
        }
        finally
        {
            _gate.Release();
        }
    }

    private Held Find(string owner) =>
        _held.GetValueOrDefault(owner) ?? throw new InvalidOperationException($"The silo holds no copies of the spool {owner}: it has not been registered here.");

    private async Task<Held> OpenAsync(string owner)
    {
        var directory = Path.Combine(Root, CopySpool.IsName(owner) ? owner : throw new ArgumentException("That is no name of a spool.", nameof(owner)));
        host.Files.CreateDirectory(Root);
        var held = new Held(await Task.Run(() => CopySpool.OpenAsync(settings.Spool.For(directory), owner, host.Files, clock, spoolLogger)));
        _held[owner] = held;
        return held;
    }

    [LoggerMessage(330, LogLevel.Warning, "The silo of spool {Owner} is dead: {Messages} messages of it are delivered from the copies here (it was {Address})")]
    private static partial void LogTakenOver(ILogger logger, string owner, long messages, string address);

    [LoggerMessage(331, LogLevel.Information, "The silo of spool {Owner} is back as {Address}: it delivers by itself again")]
    private static partial void LogReturned(ILogger logger, string owner, SiloAddress address);

    [LoggerMessage(332, LogLevel.Error, "Copies of spool {Owner} could not be taken over; trying again")]
    private static partial void LogNotTakenOver(ILogger logger, Exception error, string owner);

    [LoggerMessage(333, LogLevel.Information, "The copies of spool {Owner} here are out of date, and all are elsewhere: they are thrown away")]
    private static partial void LogOutOfDate(ILogger logger, string owner);

    private sealed class Held(CopySpool copies)
    {
        public CopySpool Copies => copies;

        public TakenOverSource? Source { get; set; }
    }
}
