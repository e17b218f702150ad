namespace EcStreamOrleans.Silo.Admin;

/// <summary><c>/healthz</c>: live means that the process answers and depends on nothing else; ready means that it takes mail.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz/live", () => Results.Text("live\n"))
            .WithTags("Health").WithSummary("200 as long as the process answers. Needs no token.");
        routes.MapGet("/healthz/ready", (NodeStatus node) => node.FindObstacles() is { Count: > 0 } obstacles
            ? Results.Text(string.Join('\n', obstacles) + "\n", statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Text("ready\n"))
            .WithTags("Health").WithSummary("200 when the node takes mail, otherwise 503 and a line for each obstacle. Needs no token.");
    }
}
