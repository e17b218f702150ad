using System.Diagnostics.Metrics;

namespace EcStreamOrleans.Silo.Relay;

/// <summary>The relay's metrics and its book for the status.</summary>
internal sealed class RelayInstruments
{
    public const string MeterName = "EcStreamOrleans.Relay";

    private readonly Counter<long> _messages;
    private readonly TimeProvider _clock;
    private long _delivered;
    private long _deferred;
    private long _failed;
    private long _lastDeliveryTicks;

    public RelayInstruments(IMeterFactory meters, RetryQueue retries, TimeProvider clock)
    {
        _clock = clock;
        var meter = meters.Create(MeterName);
        _messages = meter.CreateCounter<long>("ecstream.relay.messages", "{message}", "Attempts to deliver a message, by result.");
        meter.CreateObservableGauge("ecstream.relay.retry", () => retries.Messages, "{message}", "Messages that wait for their next attempt.");
    }

    public long Delivered => Interlocked.Read(ref _delivered);

    public long Deferred => Interlocked.Read(ref _deferred);

    public long Failed => Interlocked.Read(ref _failed);

    public string? LastError { get; private set; }

    public DateTimeOffset? LastDelivery => Interlocked.Read(ref _lastDeliveryTicks) is > 0 and var ticks ? new(ticks, TimeSpan.Zero) : null;

    public void Count(int delivered, int deferred, int failed, string? error)
    {
        Add(ref _delivered, delivered, "delivered");
        Add(ref _deferred, deferred, "deferred");
        Add(ref _failed, failed, "failed");
        if (delivered > 0)
        {
            Interlocked.Exchange(ref _lastDeliveryTicks, _clock.GetUtcNow().UtcTicks);
        }

        LastError = error ?? LastError;
    }

    private void Add(ref long total, int messages, string result)
    {
        if (messages > 0)
        {
            Interlocked.Add(ref total, messages);
            _messages.Add(messages, new KeyValuePair<string, object?>("result", result));
        }
    }
}
