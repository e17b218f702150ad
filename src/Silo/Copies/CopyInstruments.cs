using System.Diagnostics.Metrics;
using EcStreamOrleans.Silo.Spooling;

namespace EcStreamOrleans.Silo.Copies;

/// <summary>The metrics of copies: read when somebody asks.</summary>
internal sealed class CopyInstruments
{
    public CopyInstruments(IMeterFactory meters, SpoolHost host, CopySender sender, CopyHolder holder)
    {
        var meter = meters.Create(SpoolInstruments.MeterName);
        meter.CreateObservableGauge("ecstream.copies.missing", () => host.IsOpen ? sender.Missing : 0, "{record}", "Records that wait here and may be nowhere else, though they should.");
        meter.CreateObservableGauge("ecstream.copies.alone", () => sender.IsOn && sender.Partner is null ? 1 : 0, "{status}", "1 while copies are wanted and no silo holds them.");
        meter.CreateObservableGauge("ecstream.copies.held", () => holder.Report().Sum(held => held.MessagesWaiting), "{message}", "Messages held for other silos.");
        meter.CreateObservableGauge("ecstream.copies.takeovers", () => holder.Report().Count(held => held.TakenOver), "{silo}", "Dead silos whose mail is delivered from the copies here.");
    }
}
