using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Silo.Configuration;

namespace EcStreamOrleans.Silo.Admin;

/// <summary><c>/api/v1/config</c>: the configuration that is in effect.</summary>
internal static class ConfigEndpoints
{
    public static void MapConfig(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/config", (LiveConfiguration live, GridSettings settings) =>
        {
            var current = live.Current;
            var file = settings.Conf is { } conf ? Path.GetFullPath(conf) : null;
            return Results.Json(new ConfigReport(current.Document.ToString(), current.Generation, file), AdminJson.Default.ConfigReport);
        });
}
