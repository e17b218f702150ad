using System.Globalization;
using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Cli.Terminal;

namespace EcStreamOrleans.Cli.Admin;

/// <summary>A node's status as a person reads it. Plain text, so that it is the same in a terminal, a file and a mail.</summary>
internal static class StatusPage
{
    private const int MaxPeers = 20;

    public static void Write(StatusReport report, TextWriter output)
    {
        output.WriteLine($"{report.Node}  version {report.Version}  up {Duration(report.UptimeSeconds)}  {(report.Ready ? "READY" : "NOT READY")}");
        foreach (var reason in report.NotReady)
        {
            output.WriteLine($"  not ready: {Printable.Line(reason)}");
        }

        foreach (var warning in report.Warnings ?? [])
        {
            output.WriteLine($"  warning: {Printable.Line(warning)}");
        }

        output.WriteLine();
        TextTable.Write(
            output,
            ["LISTENER", "BOUND", "SESSIONS", "ERROR"],
            report.Listeners.Select(listen => new[] { listen.Address, listen.Bound ?? "-", Number(listen.Sessions), listen.Error ?? string.Empty }));
        output.WriteLine();
        var sessions = report.Sessions;
        output.WriteLine($"Sessions   {sessions.Active} open, {sessions.Total} since the start");
        output.WriteLine($"Messages   {sessions.MessagesAccepted} accepted, {sessions.MessagesDeferred} deferred, {sessions.MessagesRejected} rejected");
        output.WriteLine($"Policy     version {report.Policy.Version}, {report.Policy.Scopes} scopes set{(report.Policy.Trouble is { } trouble ? $"; PERHAPS NOT THE LATEST: {Printable.Line(trouble)}" : "")}");
        WriteSpool(report.Spool, output);
        WriteRelay(report, output);
        if (report.Peers.Count > 0)
        {
            output.WriteLine();
            TextTable.Write(
                output,
                ["PEER", "SESSIONS", "BATCHES", "ACCEPTED", "DEFERRED", "REJECTED", "BYTES", "LAST ACTIVITY"],
                report.Peers.Take(MaxPeers).Select(peer => new[]
                {
                    peer.Peer, Number(peer.Sessions), Number(peer.Batches), Number(peer.MessagesAccepted), Number(peer.MessagesDeferred),
                    Number(peer.MessagesRejected), Bytes(peer.Bytes), Time(peer.LastActivity),
                }));
            if (report.Peers.Count > MaxPeers)
            {
                output.WriteLine($"… and {report.Peers.Count - MaxPeers} more (--json has them)");
            }
        }
    }

    /// <summary>The nodes of the cluster, where there are several, and what an operator should look at.</summary>
    public static void Write(GridReport grid, TextWriter output)
    {
        if (grid.Nodes.Count > 1)
        {
            output.WriteLine();
            TextTable.Write(
                output,
                ["NODE", "ROLE", "ZONE", "VERSION", "READY", "POLICY", "SESSIONS", "ACCEPTED", "DEFERRED", "REJECTED", "SPOOL WAITING", "HEARD OF"],
                grid.Nodes.Select(node => new[]
                {
                    node.Node, node.Role, node.Zone ?? "-", node.Version, node.Ready ? "yes" : "NO", Number(node.PolicyVersion), Number(node.Sessions),
                    Number(node.MessagesAccepted), Number(node.MessagesDeferred), Number(node.MessagesRejected), node.SpoolWaiting is { } waiting ? Number(waiting) : "-",
                    node.SilentSeconds == 0 ? "now" : $"{Duration(node.SilentSeconds)} ago",
                }));
        }

        foreach (var warning in grid.Warnings)
        {
            output.WriteLine($"WARNING: {Printable.Line(warning)}");
        }
    }

    private static void WriteSpool(SpoolReport spool, TextWriter output)
    {
        var oldest = spool.OldestAgeSeconds is { } age ? $", oldest {Duration(age)}" : string.Empty;
        output.WriteLine($"Spool      {spool.Id} in {Printable.Line(spool.Directory)}: {(spool.Healthy ? "healthy" : $"NOT HEALTHY: {Printable.Line(spool.Reason ?? "no reason given")}")}");
        output.WriteLine($"           {spool.MessagesWaiting} waiting{oldest}; {spool.MessagesFailed} failed; {Bytes(spool.BytesUsed)} in {spool.SegmentsInUse} segments, {spool.SegmentsSpare} spare");
    }

    private static void WriteRelay(StatusReport report, TextWriter output)
    {
        var relay = report.Relay;
        var isHeld = string.Equals(relay.State, "held", StringComparison.Ordinal);
        output.WriteLine(isHeld
            ? $"Relay      HELD: no gateway is configured; {report.Spool.MessagesWaiting} messages stay in the spool until one is"
            : $"Relay      {relay.State} by {relay.DeliveryMethod ?? "-"} to {Printable.Line(relay.Gateway ?? "-")}");
        output.WriteLine($"           {relay.Delivered} delivered, {relay.Deferred} deferred, {relay.Failed} failed, {relay.WaitingForRetry} waiting for retry; last delivery {(relay.LastDelivery is { } last ? Time(last) : "never")}");
        if (relay.LastError is { } error)
        {
            output.WriteLine($"           last error: {Printable.Line(error)}");
        }
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Duration(double seconds) => TimeSpan.FromSeconds(seconds) switch
    {
        { TotalDays: >= 1 } span => $"{span.Days}d {span.Hours}h",
        { TotalHours: >= 1 } span => $"{span.Hours}h {span.Minutes}m",
        { TotalMinutes: >= 1 } span => $"{span.Minutes}m {span.Seconds}s",
        var span => $"{span.TotalSeconds:0.#}s",
    };

    private static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 30 => $"{bytes / (double)(1L << 30):0.#} GiB",
        >= 1L << 20 => $"{bytes / (double)(1L << 20):0.#} MiB",
        >= 1L << 10 => $"{bytes / (double)(1L << 10):0.#} KiB",
        _ => $"{bytes} B",
    };
}
