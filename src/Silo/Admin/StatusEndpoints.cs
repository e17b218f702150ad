using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Grains.Nodes;
using EcStreamOrleans.Silo.Configuration;

namespace EcStreamOrleans.Silo.Admin;

/// <summary><c>/status</c> and <c>/grid</c>.</summary>
internal static class StatusEndpoints
{
    /// <summary>A node that has missed some reports: one may come late.</summary>
    private static readonly TimeSpan Silent = 3 * INodesGrain.ReportPeriod;

    public static void MapStatus(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/status", (NodeStatus node) => Results.Json(node.Report(), AdminJson.Default.StatusReport))
            .WithTags("Status").WithSummary("This node at this instant: listeners, sessions, peers, policy, spool, relay.")
            .Produces<StatusReport>();
        routes.MapGet("/grid", GetGridAsync)
            .WithTags("Status").WithSummary("Every node of the cluster as it was last heard of, and what an operator should look at.")
            .Produces<GridReport>();
    }

    private static async Task<IResult> GetGridAsync(HttpContext context, GridNodes nodes, GridSettings settings)
    {
        var (known, trouble) = await nodes.GetAsync(context.RequestAborted);
        return Results.Json(
            new GridReport(settings.ClusterId, [.. known.Select(Summarize)], [.. trouble is null ? (string[])[] : [trouble], .. Warn(known)]),
            AdminJson.Default.GridReport);
    }

    private static IEnumerable<string> Warn(IReadOnlyList<KnownNode> nodes)
    {
        var reports = nodes.Select(node => node.Report).ToList();
        foreach (var node in nodes.Where(node => node.SilentFor > Silent))
        {
            yield return $"{node.Report.Node} has not been heard of for {node.SilentFor.TotalSeconds:0} s.";
        }

        foreach (var report in reports.Where(report => report.NotReady.Count > 0))
        {
            yield return $"{report.Node} is not ready: {string.Join("; ", report.NotReady)}.";
        }

        foreach (var report in reports)
        {
            foreach (var warning in report.Warnings ?? [])
            {
                yield return $"{report.Node}: {warning}.";
            }
        }

        var latest = reports.Max(report => report.PolicyVersion);
        foreach (var report in reports.Where(report => report.PolicyVersion < latest))
        {
            yield return $"{report.Node} goes by version {report.PolicyVersion} of the policy, others by {latest}.";
        }

        foreach (var report in reports.Where(report => report.PolicyTrouble is not null))
        {
            yield return $"{report.Node} may not go by the latest policy: {report.PolicyTrouble}";
        }

        if (reports.Select(report => report.Configuration).Distinct(StringComparer.Ordinal).Count() > 1)
        {
            yield return $"The nodes have different configuration files: {Differences(reports, report => report.Configuration)}.";
        }

        if (reports.Select(report => report.Version).Distinct(StringComparer.Ordinal).Count() > 1)
        {
            yield return $"The nodes are of different versions: {Differences(reports, report => report.Version)}.";
        }
    }

    private static string Differences(IEnumerable<NodeReport> reports, Func<NodeReport, string> of) =>
        string.Join("; ", reports.GroupBy(of, StringComparer.Ordinal).Select(group => $"{group.Key} on {string.Join(", ", group.Select(report => report.Node))}"));

    private static NodeSummary Summarize(KnownNode node)
    {
        var report = node.Report;
        return new NodeSummary(
            report.Node,
            report.Role,
            report.Zone,
            report.Version,
            report.StartedAt.ToUniversalTime(),
            report.NotReady.Count == 0,
            report.NotReady,
            node.SilentFor.TotalSeconds,
            report.Configuration,
            report.PolicyVersion,
            report.PolicyTrouble,
            report.Sessions,
            report.MessagesAccepted,
            report.MessagesDeferred,
            report.MessagesRejected,
            report.Spool?.MessagesWaiting,
            report.Spool?.OldestAge?.TotalSeconds,
            report.Spool?.BytesUsed);
    }
}
