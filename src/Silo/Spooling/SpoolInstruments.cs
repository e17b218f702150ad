using System.Diagnostics.Metrics;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Spooling;

/// <summary>The spool's metrics: read from its status when somebody asks.</summary>
internal sealed class SpoolInstruments
{
    public const string MeterName = "EcStreamOrleans.Spool";

    public SpoolInstruments(IMeterFactory meters, SpoolHost host, TimeProvider clock)
    {
        var meter = meters.Create(MeterName);
        T Read<T>(Func<SpoolStatus, T> value)
            where T : struct => host.IsOpen ? value(host.Spool.GetStatus()) : default;

        meter.CreateObservableGauge("ecstream.spool.messages.waiting", () => Read(s => s.MessagesWaiting), "{message}", "Messages accepted and not done.");
        meter.CreateObservableGauge("ecstream.spool.messages.failed", () => Read(s => s.FailedMessages), "{message}", "Messages kept as failed.");
        meter.CreateObservableGauge("ecstream.spool.oldest.age", () => Read(s => s.OldestAcceptedAt is { } oldest ? (clock.GetUtcNow() - oldest).TotalSeconds : 0), "s", "Age of the oldest waiting message.");
        meter.CreateObservableGauge("ecstream.spool.size", () => Read(s => s.BytesUsed), "By", "Octets of all segment files.");
        meter.CreateObservableGauge("ecstream.spool.segments.used", () => Read(s => s.SegmentsInUse), "{segment}", "Segments that hold records.");
        meter.CreateObservableGauge("ecstream.spool.segments.spare", () => Read(s => s.SegmentsSpare), "{segment}", "Segments ready to be written.");
        meter.CreateObservableGauge("ecstream.spool.healthy", () => Read(s => s.Healthy ? 1 : 0), "{status}", "1 while the spool takes batches.");
        meter.CreateObservableCounter("ecstream.spool.flushes", () => Read(s => s.Flushes), "{flush}", "Flushes of records.");
        meter.CreateObservableCounter("ecstream.spool.records", () => Read(s => s.Records), "{record}", "Records made durable.");
        meter.CreateObservableCounter("ecstream.spool.duplicates", () => Read(s => s.Duplicates), "{record}", "Appends answered by an earlier record.");
        meter.CreateObservableGauge("ecstream.spool.flush.duration", () => Read(s => s.LastFlushDuration.TotalSeconds), "s", "The last write and flush.");
    }
}
