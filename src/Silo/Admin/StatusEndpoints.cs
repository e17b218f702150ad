using EcStreamOrleans.AdminApi;

namespace EcStreamOrleans.Silo.Admin;

/// <summary><c>/api/v1/status</c>.</summary>
internal static class StatusEndpoints
{
    public static void MapStatus(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/status", (NodeStatus node) => Results.Json(node.Report(), AdminJson.Default.StatusReport));
}
