using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Silo.Configuration;

namespace EcStreamOrleans.Silo.Admin;

/// <summary><c>/api/v1/config</c>: the configuration that is in effect, and the order to read it again.</summary>
internal static class ConfigEndpoints
{
    public static void MapConfig(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/config", (LiveConfiguration live, GridSettings settings) =>
        {
            var current = live.Current;
            var file = settings.Conf is { } conf ? Path.GetFullPath(conf) : null;
            return Results.Json(new ConfigReport(current.Document.ToString(), current.Generation, file), AdminJson.Default.ConfigReport);
        });
        routes.MapPost("/api/v1/config/reload", async (Reconfiguration reconfiguration, CancellationToken cancellationToken) =>
            Results.Json(ToReport(await reconfiguration.ReloadAsync(cancellationToken)), AdminJson.Default.ReloadReport));
    }

    private static ReloadReport ToReport(ReconfigurationResult result) => new(
        result.Succeeded,
        result.Generation,
        [.. result.Diagnostics.Where(d => d.Severity == ConfigSeverity.Error).Select(d => d.ToString())],
        [.. result.Diagnostics.Where(d => d.Severity != ConfigSeverity.Error).Select(d => d.ToString())],
        [.. result.Listens.Select(l => new AdminApi.ListenChange(l.Address, ToWord(l.Kind), l.Error))]);

    private static string ToWord(ListenChangeKind kind) => kind switch
    {
        ListenChangeKind.Opened => "added",
        ListenChangeKind.Closed => "removed",
        ListenChangeKind.Changed => "changed",
        _ => "failed",
    };
}
