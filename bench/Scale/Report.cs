using System.Globalization;
using System.Text;

namespace EcStreamOrleans.Scale;

/// <summary>The tables of docs/scale.md. The same seeds, the same figures.</summary>
internal static class Report
{
    private const int Seed = 20261122;

    public static string Write()
    {
        var text = new StringBuilder();
        Table(
            text,
            "| nodes (silos + edges) | probes/s | table rows/s | of a partition | table calls/s | of an account | connections a silo | handshakes of its start, CPU s | policy grain busy |",
            "|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
            Assumptions.NodeCounts.Select(n => new SteadyLoad(n)).Select(l => Invariant(
                $"| {l.Nodes} ({l.Silos} + {l.Edges}) | {l.ProbesPerSecond:N0} | {l.RowsPerSecond:N0} | {l.PartitionShare:P1} | {l.TransactionsPerSecond:N1} | {l.AccountShare:P2} | {l.ConnectionsPerSilo:N0} | {l.HandshakeSecondsOfAStart:N2} | {l.PolicyGrainShare:P2} |")));
        text.Append(CultureInfo.InvariantCulture, $"The partition is full at {SteadyLoad.NodesThatFillThePartition()} nodes.\n\n");
        Table(
            text,
            "| silos | lost at once | first declared dead, s | half, s | last, s | writes | conflicts | rows read | s for them at the target |",
            "|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
            Assumptions.NodeCounts.Select(n => ZoneLoss.Simulate(Assumptions.Silos(n), Seed)).Select(z => Invariant(
                $"| {z.Silos} | {z.Lost} | {z.FirstDead:N1} | {z.HalfDead:N1} | {z.LastDead:N1} | {z.Writes:N0} | {z.Conflicts:N0} | {z.Rows:N0} | {z.SecondsAtTheTarget:N1} |")));
        Table(
            text,
            "| nodes | a change at the last node, median ms | 99 of 100, ms | changes/s that one grain can push |",
            "|--:|--:|--:|--:|",
            Assumptions.NodeCounts.Select(n => PolicySpread.Simulate(n, Seed)).Select(p => Invariant(
                $"| {p.Nodes} | {p.Median * 1000:N1} | {p.NinetyNine * 1000:N1} | {p.ChangesPerSecond:N0} |")));
        Table(
            text,
            "| set-up | messages/s a silo, 10 KB | 6 silos | 60 silos | 600 silos | hours without gateway |",
            "|---|--:|--:|--:|--:|--:|",
            SpoolRoom.All.Select(r => Invariant(
                $"| {r.Name} | {r.MessagesPerSecond:N0} | {6 * r.MessagesPerSecond:N0} | {60 * r.MessagesPerSecond:N0} | {600 * r.MessagesPerSecond:N0} | {r.HoursWithoutGateway:N1} |")));
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static string Invariant(FormattableString line) => line.ToString(CultureInfo.InvariantCulture);

    private static void Table(StringBuilder text, string head, string rule, IEnumerable<string> rows) =>
        text.Append(head).Append('\n').Append(rule).Append('\n').AppendJoin('\n', rows).Append("\n\n");
}
