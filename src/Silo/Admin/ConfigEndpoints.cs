using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Silo.Admin.Access;
using EcStreamOrleans.Silo.Configuration;

namespace EcStreamOrleans.Silo.Admin;

/// <summary><c>/config</c>: the configuration that is in effect, and the order to read it again.</summary>
internal static class ConfigEndpoints
{
    private const string Tag = "Configuration";

    public static void MapConfig(this IEndpointRouteBuilder routes)
    {
        // The file is shared with the MTA, whose modules may keep passwords in it: more than a viewer is to see.
        routes.MapGet("/config", Get)
            .WithTags(Tag).WithSummary("The configuration that is in effect, as one text.")
            .RequireAuthorization(AdminRole.Operator)
            .Produces<ConfigReport>();
        routes.MapPost("/config/reload", ReloadAsync)
            .WithTags(Tag).WithSummary("Reads the configuration again: all of it takes effect, or nothing. The answer is 200 in both cases; succeeded tells.")
            .RequireAuthorization(AdminRole.Admin)
            .Produces<ReloadReport>();
    }

    private static IResult Get(LiveConfiguration live, GridSettings settings)
    {
        var current = live.Current;
        var file = settings.Conf is { } conf ? Path.GetFullPath(conf) : null;
        return Results.Json(new ConfigReport(current.Document.ToString(), current.Generation, file), AdminJson.Default.ConfigReport);
    }

    private static async Task<IResult> ReloadAsync(HttpContext context, Reconfiguration reconfiguration)
    {
        var report = ToReport(await reconfiguration.ReloadAsync(context.RequestAborted));
        context.NoteForAudit(report.Succeeded ? $"configuration generation {report.Generation}" : $"{report.Errors.Count} errors; generation {report.Generation} stays");
        return Results.Json(report, AdminJson.Default.ReloadReport);
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
