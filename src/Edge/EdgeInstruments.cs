using System.Diagnostics.Metrics;
using EcStreamOrleans.Grains;

namespace EcStreamOrleans.Edge;

/// <summary>The edge's metrics, under the meter <see cref="MeterName"/>. Counted a batch or a session at a time, never a message.</summary>
public sealed class EdgeInstruments
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "EcStreamOrleans.Edge";

    private static readonly KeyValuePair<string, object?> Accepted = new("verdict", "accepted");
    private static readonly KeyValuePair<string, object?> Deferred = new("verdict", "deferred");
    private static readonly KeyValuePair<string, object?> Rejected = new("verdict", "rejected");

    // From a flush of a fast disk to the time-out of a call.
    private static readonly InstrumentAdvice<double> SecondBuckets = new() { HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15] };
    private static readonly InstrumentAdvice<int> MessageBuckets = new() { HistogramBucketBoundaries = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] };

    private readonly Counter<long> _messages;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _sessionsOpened;
    private readonly Counter<long> _sessionsClosed;
    private readonly UpDownCounter<long> _sessionsActive;
    private readonly Histogram<int> _batchMessages;
    private readonly Histogram<double> _batchDuration;
    private readonly Counter<long> _undecided;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _sessionsRefused;
    private readonly Counter<long> _connectionsFailed;
    private readonly Counter<long> _passedSessions;
    private readonly UpDownCounter<long> _passedSessionsActive;
    private readonly Counter<long> _passedBytes;
    private readonly Counter<long> _fallbackFailures;
    private volatile bool _isFallbackActive;

    /// <summary>Makes the instruments.</summary>
    /// <param name="meters">Where meters come from.</param>
    public EdgeInstruments(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = meters.Create(MeterName);
        _messages = meter.CreateCounter<long>("ecstream.edge.messages", "{message}", "Messages answered, by verdict.");
        _bytes = meter.CreateCounter<long>("ecstream.edge.accepted", "By", "Octets of accepted packages.");
        _sessionsOpened = meter.CreateCounter<long>("ecstream.edge.sessions.opened", "{session}", "Sessions opened.");
        _sessionsClosed = meter.CreateCounter<long>("ecstream.edge.sessions.closed", "{session}", "Sessions closed, by reason.");
        _sessionsActive = meter.CreateUpDownCounter<long>("ecstream.edge.sessions.active", "{session}", "Sessions open.");
        _batchMessages = meter.CreateHistogram("ecstream.edge.batch.messages", "{message}", "Messages in a batch.", advice: MessageBuckets);
        _batchDuration = meter.CreateHistogram("ecstream.edge.batch.duration", "s", "From handing a batch to its grain to the verdict.", advice: SecondBuckets);
        _undecided = meter.CreateCounter<long>("ecstream.edge.batch.undecided", "{batch}", "Batches without a verdict after all retries.");
        _refusals = meter.CreateCounter<long>("ecstream.edge.refusals", "{message}", "Messages refused or deferred by a limit or for their form, by reason.");
        _sessionsRefused = meter.CreateCounter<long>("ecstream.edge.sessions.refused", "{session}", "Sessions over a limit, by the limit.");
        _passedSessions = meter.CreateCounter<long>("ecstream.edge.fallback.sessions", "{session}", "Sessions that were passed on to another datacentre and ended, by how.");
        _passedSessionsActive = meter.CreateUpDownCounter<long>("ecstream.edge.fallback.sessions.active", "{session}", "Sessions that are passed on to another datacentre.");
        _passedBytes = meter.CreateCounter<long>("ecstream.edge.fallback.passed", "By", "Octets passed on, by direction.");
        _fallbackFailures = meter.CreateCounter<long>("ecstream.edge.fallback.failures", "{attempt}", "Attempts in vain to reach another datacentre's listener.");
        meter.CreateObservableGauge("ecstream.edge.fallback.active", () => _isFallbackActive ? 1 : 0, "{status}", "1 while the cluster has been out of reach for longer than Grid:Fallback:After.");
        _connectionsFailed = meter.CreateCounter<long>("ecstream.edge.connections.failed", "{connection}", "Connections that ended in their PROXY header or TLS handshake, by reason.");
    }

    internal bool IsFallbackActive
    {
        set => _isFallbackActive = value;
    }

    internal void SessionPassedOn() => _passedSessionsActive.Add(1);

    internal void PassedSessionEnded(string reason)
    {
        _passedSessions.Add(1, new KeyValuePair<string, object?>("reason", reason));
        _passedSessionsActive.Add(-1);
    }

    internal void PassedOn(long bytes, bool isToThere) => _passedBytes.Add(bytes, new KeyValuePair<string, object?>("direction", isToThere ? "there" : "back"));

    internal void FallbackFailed() => _fallbackFailures.Add(1);

    internal void SessionOpened()
    {
        _sessionsOpened.Add(1);
        _sessionsActive.Add(1);
    }

    internal void SessionClosed(string reason)
    {
        _sessionsClosed.Add(1, new KeyValuePair<string, object?>("reason", reason));
        _sessionsActive.Add(-1);
    }

    internal void SessionRefused(string limit) => _sessionsRefused.Add(1, new KeyValuePair<string, object?>("reason", limit));

    internal void ConnectionFailed(string reason) => _connectionsFailed.Add(1, new KeyValuePair<string, object?>("reason", reason));

    internal void BatchDecided(MailBatch batch, in BatchVerdict verdict, TimeSpan duration)
    {
        _messages.Add(batch.Count, verdict.Status == BatchStatus.Accepted ? Accepted : Deferred);
        if (verdict.Status == BatchStatus.Accepted)
        {
            _bytes.Add(batch.Length);
        }

        if (verdict.Limit is { } limit)
        {
            _refusals.Add(batch.Count, new KeyValuePair<string, object?>("reason", limit));
        }

        _batchMessages.Record(batch.Count);
        _batchDuration.Record(duration.TotalSeconds);
    }

    internal void BatchUndecided(MailBatch batch, TimeSpan duration)
    {
        _messages.Add(batch.Count, Deferred);
        _undecided.Add(1);
        _batchDuration.Record(duration.TotalSeconds);
    }

    internal void Refused(string reason)
    {
        _messages.Add(1, Rejected);
        _refusals.Add(1, new KeyValuePair<string, object?>("reason", reason));
    }

    /// <summary>A batch that the edge itself has answered <c>Z</c>.</summary>
    internal void PutOff(MailBatch batch, string reason)
    {
        _messages.Add(batch.Count, Deferred);
        _refusals.Add(batch.Count, new KeyValuePair<string, object?>("reason", reason));
    }

    /// <summary>A message that the edge itself has answered <c>Z</c>.</summary>
    internal void PutOff(string reason)
    {
        _messages.Add(1, Deferred);
        _refusals.Add(1, new KeyValuePair<string, object?>("reason", reason));
    }
}
