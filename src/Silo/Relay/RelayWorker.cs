using System.Threading.Channels;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Silo.Spooling;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Relay;

/// <summary>
/// Takes what waits in the spool to the gateway and records every outcome durably. A message is done when the gateway has
/// said yes, or never, and the journal knows it; a crash in between delivers it again.
/// </summary>
internal sealed partial class RelayWorker(
    SpoolHost spoolHost,
    GatewayClientFactory gateways,
    RelayOptions options,
    RetryQueue retries,
    RelayInstruments instruments,
    TimeProvider clock,
    ILogger<RelayWorker> logger) : BackgroundService
{
    private readonly ByteBudget _budget = new(options.MaxBytesUnderWay, int.MaxValue);
    private readonly Channel<RelayItem> _items = Channel.CreateUnbounded<RelayItem>();
    private int _underWay;

    /// <summary>The gateway, or null: messages are held.</summary>
    public IGatewayClient? Gateway { get; private set; }

    /// <summary>What the relay does, as the status says it.</summary>
    public string State => Gateway is null ? "held"
        : Gateway.Trouble is not null ? "retrying"
        : Volatile.Read(ref _underWay) > 0 ? "delivering"
        : retries.Messages > 0 ? "retrying"
        : "idle";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Gateway = gateways.Create();
        if (Gateway is null)
        {
            LogHeld();
            return;
        }

        LogRelaying(Gateway.DeliveryMethod, Gateway.Gateway);
        using var giveUp = new CancellationTokenSource();
        var delivering = Gateway.RunAsync(_items.Reader, giveUp.Token);
        try
        {
            // Whichever of them ends early has failed; that stops the silo rather than leaving mail unrelayed in silence.
            await await Task.WhenAny(delivering, FeedNewAsync(stoppingToken), FeedRetriesAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The way out: what is under way gets its time, what has no reply by then is delivered again after the start.
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
    }

    private async Task FeedNewAsync(CancellationToken cancellationToken)
    {
        while (await spoolHost.Spool.NextAsync(cancellationToken) is { } record)
        {
            await StartAsync(record, failures: 0, cancellationToken);
        }
    }

    private async Task FeedRetriesAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var retry = await retries.NextAsync(cancellationToken);
            await StartAsync(retry.Record, retry.Failures, cancellationToken);
        }
    }

    private async Task StartAsync(SpoolRecordRef reference, int failures, CancellationToken cancellationToken)
    {
        await _budget.EnterAsync(reference.Bytes).AsTask().WaitAsync(cancellationToken);
        Interlocked.Increment(ref _underWay);
        _ = DeliverAsync(reference, failures, cancellationToken);
    }

    /// <summary>One attempt for one record: the one place that catches for it.</summary>
    private async Task DeliverAsync(SpoolRecordRef reference, int failures, CancellationToken cancellationToken)
    {
        try
        {
            using var record = spoolHost.Spool.Read(reference);
            var messages = Enumerable.Range(0, record.Count).Where(i => !record.IsDone(i)).ToArray();
            if (messages.Length == 0)
            {
                return;
            }

            var item = new RelayItem(record, messages);
            if (!_items.Writer.TryWrite(item))
            {
                return;
            }

            var deferred = 0;
            while (await item.TakeResultsAsync() is { Count: > 0 } results)
            {
                deferred += await RecordAsync(item.Record, results, failures, cancellationToken);
            }

            await JournalAsync(
                [.. item.DeliveredRecipients.Select(d => new SpoolOutcome(reference.RecordNumber, d.Message, d.Recipient, OutcomeKind.Delivered, ""))],
                cancellationToken);
            if (deferred > 0)
            {
                Retry(reference, failures + 1, deferred);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping: the outcome is not recorded, the message is delivered again.
        }
        catch (Exception error)
        {
            LogRecordFailed(error, reference.RecordNumber);
            Retry(reference, failures + 1, reference.Count);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
            _budget.Leave(reference.Bytes);
        }
    }

    /// <summary>Records what has come of some messages of a record.</summary>
    /// <returns>How many of them are to be tried again.</returns>
    private async Task<int> RecordAsync(SpoolRecord record, List<RelayResult> results, int failures, CancellationToken cancellationToken)
    {
        var outcomes = new List<SpoolOutcome>(results.Count);
        var isExpired = clock.GetUtcNow() - record.AcceptedAt > options.MaxAge;
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

        await JournalAsync(outcomes, cancellationToken);
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
    private async Task JournalAsync(List<SpoolOutcome> outcomes, CancellationToken cancellationToken)
    {
        for (var failures = 1; outcomes.Count > 0; failures++)
        {
            try
            {
                await spoolHost.Spool.RecordOutcomesAsync(outcomes.ToArray(), CancellationToken.None);
                return;
            }
            catch (IOException error)
            {
                LogNotRecorded(error, outcomes.Count);
                await Task.Delay(options.DelayAfter(failures), clock, cancellationToken);
            }
        }
    }

    private void Retry(SpoolRecordRef reference, int failures, int messages)
    {
        retries.Add(new Retry(reference, failures, messages), options.DelayAfter(failures));
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

    [LoggerMessage(316, LogLevel.Information, "The relay stopped with {Records} records under way; they are delivered again after the next start")]
    private partial void LogGivenUp(int records);
}
