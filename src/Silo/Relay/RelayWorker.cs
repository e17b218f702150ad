using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Relay;

/// <summary>
/// Takes what waits in the spool to the gateway and records every outcome durably. A message is done when the gateway has
/// said yes, or never, and the journal knows it; a crash in between delivers it again.
/// </summary>
internal sealed partial class RelayWorker(
    LiveConfiguration configuration,
    OwnSource own,
    GatewayClientFactory gateways,
    RelayOptions options,
    RetryQueue retries,
    RelayInstruments instruments,
    BatchTracing tracing,
    TimeProvider clock,
    ILogger<RelayWorker> logger) : BackgroundService
{
    private readonly ByteBudget _budget = new(options.MaxBytesUnderWay, int.MaxValue);
    private readonly ConcurrentDictionary<RelayItem, byte> _unfinished = new();
    private Channel<RelayItem> _items = Channel.CreateUnbounded<RelayItem>();
    private readonly Lock _sourcesLock = new();
    private readonly List<RelaySource> _sources = [own];
    private TaskCompletionSource _sourcesChanged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _underWay;

    /// <summary>The gateway, or null: messages are held.</summary>
    public IGatewayClient? Gateway { get; private set; }

    /// <summary>What the relay does, as the status says it.</summary>
    public string State => Gateway is null ? "held"
        : Gateway.Trouble is not null ? "retrying"
        : Volatile.Read(ref _underWay) > 0 ? "delivering"
        : retries.Messages > 0 ? "retrying"
        : "idle";

    /// <summary>Delivers from one spool more.</summary>
    public void Add(RelaySource source)
    {
        lock (_sourcesLock)
        {
            _sources.Add(source);
            _sourcesChanged.TrySetResult();
        }
    }

    /// <summary>Begins no more records of a spool that is withdrawn.</summary>
    public void Remove(RelaySource source)
    {
        lock (_sourcesLock)
        {
            _sources.Remove(source);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var gateway = configuration.Grid.Gateway;
            var changed = new CancellationTokenSource();
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, changed.Token);
            void OnChange(LoadedConfiguration next)
            {
                if (next.Grid.Gateway != gateway)
                {
                    changed.Cancel();
                }
            }

            configuration.Changed += OnChange;
            try
            {
                OnChange(configuration.Current);
                await RelayAsync(gateways.Create(gateway), ending.Token, stoppingToken);
            }
            finally
            {
                configuration.Changed -= OnChange;
            }
        }
    }

    /// <summary>Relays to one gateway, until the silo stops or the configuration has another one.</summary>
    private async Task RelayAsync(IGatewayClient? gateway, CancellationToken ending, CancellationToken stoppingToken)
    {
        Gateway = gateway;
        if (gateway is null)
        {
            LogHeld();
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, ending).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return;
        }

        LogRelaying(gateway.DeliveryMethod, gateway.Gateway);
        _items = Channel.CreateUnbounded<RelayItem>();
        using var giveUp = new CancellationTokenSource();
        using var feeding = CancellationTokenSource.CreateLinkedTokenSource(ending);
        var delivering = gateway.RunAsync(_items.Reader, giveUp.Token);
        Task[] feeds = [FeedSourcesAsync(feeding.Token, stoppingToken), FeedRetriesAsync(feeding.Token, stoppingToken)];
        try
        {
            // Whichever of them ends early has failed; that stops the silo rather than leaving mail unrelayed in silence.
            await await Task.WhenAny([delivering, .. feeds]);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The way out: what is under way gets its time, what has no reply by then is delivered again.
            await Task.WhenAll(feeds).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        _items.Writer.Complete();
        giveUp.CancelAfter(options.DrainTime);
        try
        {
            await delivering;
        }
        catch (OperationCanceledException) when (giveUp.IsCancellationRequested)
        {
            LogGivenUp(Volatile.Read(ref _underWay));
        }

        if (!stoppingToken.IsCancellationRequested)
        {
            foreach (var (item, _) in _unfinished)
            {
                item.Abandon(DeliveryResult.Temporary("4.4.0 the gateway was changed before it replied"));
            }
        }
    }

    private async Task FeedSourcesAsync(CancellationToken ending, CancellationToken stoppingToken)
    {
        Dictionary<RelaySource, Task> feeds = [];
        try
        {
            while (true)
            {
                Task changed;
                lock (_sourcesLock)
                {
                    foreach (var source in _sources.Where(source => !feeds.ContainsKey(source)))
                    {
                        feeds.Add(source, FeedNewAsync(source, ending, stoppingToken));
                    }

                    _sourcesChanged = _sourcesChanged.Task.IsCompleted ? new(TaskCreationOptions.RunContinuationsAsynchronously) : _sourcesChanged;
                    changed = _sourcesChanged.Task.WaitAsync(ending);
                }

                await await Task.WhenAny([changed, .. feeds.Values.Where(feed => !feed.IsCompletedSuccessfully)]);
            }
        }
        finally
        {
            await Task.WhenAll(feeds.Values).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task FeedNewAsync(RelaySource source, CancellationToken ending, CancellationToken stoppingToken)
    {
        await source.OpensAsync(ending);
        while (await source.NextAsync(ending) is { } record)
        {
            await StartAsync(source, record, failures: 0, ending, stoppingToken);
        }
    }

    private async Task FeedRetriesAsync(CancellationToken ending, CancellationToken stoppingToken)
    {
        while (true)
        {
            var retry = await retries.NextAsync(ending);
            if (!retry.Source.IsWithdrawn)
            {
                await StartAsync(retry.Source, retry.Record, retry.Failures, ending, stoppingToken);
            }
        }
    }

    private async Task StartAsync(RelaySource source, SpoolRecordRef reference, int failures, CancellationToken ending, CancellationToken stoppingToken)
    {
        var room = _budget.EnterAsync(reference.Bytes).AsTask();
        try
        {
            await room.WaitAsync(ending);
        }
        catch (OperationCanceledException)
        {
            // It was taken from the spool: the next gateway finds it among the retries.
            _ = room.ContinueWith(_ => _budget.Leave(reference.Bytes), TaskScheduler.Default);
            retries.Add(new Retry(source, reference, failures, reference.Count), TimeSpan.Zero);
            throw;
        }

        Interlocked.Increment(ref _underWay);
        _ = DeliverAsync(source, reference, failures, _items.Writer, stoppingToken);
    }

    /// <summary>One attempt for one record: the one place that catches for it.</summary>
    private async Task DeliverAsync(RelaySource source, SpoolRecordRef reference, int failures, ChannelWriter<RelayItem> items, CancellationToken cancellationToken)
    {
        RelayItem? item = null;
        try
        {
            using var record = source.Spool.Read(reference);
            using var span = tracing.Start("ecstream.relay", record.Id, ActivityKind.Client);
            span?.SetTag("ecstream.gateway", Gateway?.Gateway).SetTag("ecstream.record", $"{source.Spool.Id}-{record.KnownAs}").SetTag("ecstream.attempt", failures + 1);
            var messages = Enumerable.Range(0, record.Count).Where(i => !record.IsDone(i)).ToArray();
            if (messages.Length == 0)
            {
                return;
            }

            item = new RelayItem(source, record, messages);
            _unfinished.TryAdd(item, 0);
            if (!items.TryWrite(item))
            {
                Retry(source, reference, failures, messages.Length);
                return;
            }

            var deferred = 0;
            while (await item.TakeResultsAsync() is { Count: > 0 } results)
            {
                deferred += await RecordAsync(source, reference, item.Record, results, failures, cancellationToken);
            }

            await JournalAsync(
                source,
                reference,
                [.. item.DeliveredRecipients.Select(d => new SpoolOutcome(reference.RecordNumber, d.Message, d.Recipient, OutcomeKind.Delivered, ""))],
                cancellationToken);
            if (deferred > 0)
            {
                span?.SetStatus(ActivityStatusCode.Error, $"{deferred} of {messages.Length} messages wait for another attempt");
                Retry(source, reference, failures + 1, deferred);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping: the outcome is not recorded, the message is delivered again.
        }
        catch (Exception error)
        {
            LogRecordFailed(error, reference.RecordNumber);
            Retry(source, reference, failures + 1, reference.Count);
        }
        finally
        {
            if (item is not null)
            {
                _unfinished.TryRemove(item, out _);
                item.End();
            }

            Interlocked.Decrement(ref _underWay);
            _budget.Leave(reference.Bytes);
        }
    }

    /// <summary>Records what has come of some messages of a record.</summary>
    /// <returns>How many of them are to be tried again.</returns>
    private async Task<int> RecordAsync(RelaySource source, SpoolRecordRef reference, SpoolRecord record, List<RelayResult> results, int failures, CancellationToken cancellationToken)
    {
        var outcomes = new List<SpoolOutcome>(results.Count);
        var isExpired = !source.IsWithdrawn && clock.GetUtcNow() - record.AcceptedAt > options.MaxAge;
        int delivered = 0, deferred = 0, failed = 0;
        string? error = null;
        foreach (var (message, result) in results)
        {
            OutcomeKind? kind = result.Status switch
            {
                DeliveryStatus.Delivered => OutcomeKind.Delivered,
                DeliveryStatus.PermanentFailure => OutcomeKind.Failed,
                _ => isExpired ? OutcomeKind.Expired : null,
            };
            delivered += kind == OutcomeKind.Delivered ? 1 : 0;
            failed += kind is OutcomeKind.Failed or OutcomeKind.Expired ? 1 : 0;
            deferred += kind is null ? 1 : 0;
            error ??= kind == OutcomeKind.Delivered ? null : result.Text;
            if (kind is { } outcome)
            {
                outcomes.Add(new SpoolOutcome(record.RecordNumber, message, SpoolOutcome.AllRecipients, outcome, outcome == OutcomeKind.Delivered ? "" : result.Text));
            }
        }

        await JournalAsync(source, reference, outcomes, cancellationToken);
        instruments.Count(delivered, deferred, failed, error);
        if (failed > 0)
        {
            LogFailed(failed, record.RecordNumber, error!);
        }

        if (deferred > 0)
        {
            LogDeferred(deferred, record.RecordNumber, failures + 1, error!);
        }

        return deferred;
    }

    /// <summary>What was delivered must be recorded, or it is delivered again: a failing journal is tried until it works or the silo stops.</summary>
    private async Task JournalAsync(RelaySource source, SpoolRecordRef reference, List<SpoolOutcome> outcomes, CancellationToken cancellationToken)
    {
        for (var failures = 1; outcomes.Count > 0; failures++)
        {
            try
            {
                await source.RecordAsync(reference, outcomes.ToArray());
                return;
            }
            catch (IOException error)
            {
                LogNotRecorded(error, outcomes.Count);
                await Task.Delay(options.DelayAfter(failures), clock, cancellationToken);
            }
        }
    }

    private void Retry(RelaySource source, SpoolRecordRef reference, int failures, int messages)
    {
        retries.Add(new Retry(source, reference, failures, messages), options.DelayAfter(failures));
    }

    [LoggerMessage(310, LogLevel.Warning, "No gateway is configured: accepted messages are held in the spool")]
    private partial void LogHeld();

    [LoggerMessage(311, LogLevel.Information, "Relaying by {DeliveryMethod} to {Gateway}")]
    private partial void LogRelaying(string deliveryMethod, string gateway);

    [LoggerMessage(312, LogLevel.Warning, "{Messages} messages of record {Record} failed for good and are kept as failed: {Text}")]
    private partial void LogFailed(int messages, long record, string text);

    [LoggerMessage(313, LogLevel.Debug, "{Messages} messages of record {Record} wait for another attempt behind {Failures}: {Text}")]
    private partial void LogDeferred(int messages, long record, int failures, string text);

    [LoggerMessage(314, LogLevel.Error, "Record {Record} could not be read or delivered; it is tried again")]
    private partial void LogRecordFailed(Exception error, long record);

    [LoggerMessage(315, LogLevel.Error, "The outcomes of {Messages} messages could not be recorded; trying again")]
    private partial void LogNotRecorded(Exception error, int messages);

    [LoggerMessage(316, LogLevel.Information, "The relay gave up {Records} records under way; they are delivered again, after the next start if the silo stops")]
    private partial void LogGivenUp(int records);
}
