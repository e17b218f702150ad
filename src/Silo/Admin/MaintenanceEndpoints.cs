using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Silo.Admin.Access;
using EcStreamOrleans.Silo.Admin.Policy;

namespace EcStreamOrleans.Silo.Admin;

/// <summary><c>/maintenance</c>: takes a node out of service and back.</summary>
internal static class MaintenanceEndpoints
{
    private const string Tag = "Status";
    private const int MaxNodeLength = 300;

    public static void MapMaintenance(this IEndpointRouteBuilder routes) => routes.MapPost("/maintenance", SetAsync)
        .WithTags(Tag).WithSummary("Takes a node out of service, or back: not ready, new sessions put off, open ones go on. Forgotten with its process.")
        .RequireAuthorization(AdminRole.Admin)
        .Accepts<MaintenanceRequest>("application/json")
        .Produces<MaintenanceReport>()
        .ProducesProblems(StatusCodes.Status400BadRequest, StatusCodes.Status404NotFound, StatusCodes.Status503ServiceUnavailable);

    private static async Task<IResult> SetAsync(HttpContext context, GridNodes nodes)
    {
        var (body, problem) = await JsonBody.ReadAsync(context.Request);
        if (body is null)
        {
            return problem!;
        }

        var name = body.Text("node", MaxNodeLength);
        var isOn = body.Flag("on");
        var reason = body.ReadReason(isNeeded: isOn == true);
        body.End();
        if (isOn is null)
        {
            body.Fault("on", "is needed: true takes the node out of service, false back");
        }

        if (body.Faults.Count > 0)
        {
            return Problems.Invalid(body.Faults);
        }

        var (known, _) = await nodes.GetAsync(context.RequestAborted);
        if ((name is null ? known[0] : known.FirstOrDefault(node => node.Report.Node == name)) is not { } meant)
        {
            return Problems.NotFound($"There is no node {OneLine.Of(name!)}; there are {string.Join(", ", known.Select(node => node.Report.Node))}.");
        }

        var begins = isOn == true;
        await meant.Observer.SetMaintenanceAsync(begins ? OneLine.Of(reason) : null, context.User.Actor()!);
        context.NoteForAudit($"{meant.Report.Node} {(begins ? $"in maintenance: {reason}" : "in service")}");
        return Results.Json(new MaintenanceReport(meant.Report.Node, begins), AdminJson.Default.MaintenanceReport);
    }
}
