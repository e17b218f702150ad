using EcStreamOrleans.AdminApi;

namespace EcStreamOrleans.Silo.Admin;

/// <summary><c>/status</c>.</summary>
internal static class StatusEndpoints
{
    public static void MapStatus(this IEndpointRouteBuilder routes) => routes
        .MapGet("/status", (NodeStatus node) => Results.Json(node.Report(), AdminJson.Default.StatusReport))
        .WithTags("Status").WithSummary("This node at this instant: listeners, sessions, peers, policy, spool, relay.")
        .Produces<StatusReport>();
}
