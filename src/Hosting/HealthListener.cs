using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EcStreamOrleans.Hosting;

/// <summary>
/// <c>/healthz</c> and <c>/metrics</c>: for whoever asks, since a probe has no token and neither says anything of a peer. They may have a listener of
/// their own, <c>Grid:Health</c>, which answers nothing else.
/// </summary>
public static class HealthListener
{
    /// <summary>What is wrong with where the listener is to be; null if nothing is.</summary>
    /// <param name="url">Where.</param>
    public static string? FindError(string url) =>
        ListenUrl.TryParse(url, out var health) && health.Scheme == Uri.UriSchemeHttp ? null : $"Grid:Health = {url}: must be of the form http://ADDRESS:PORT.";

    /// <summary>Has Kestrel listen for it.</summary>
    /// <param name="kestrel">Kestrel.</param>
    /// <param name="url">Where; null for nowhere.</param>
    public static void ListenHealth(this KestrelServerOptions kestrel, string? url)
    {
        if (url is not null)
        {
            kestrel.Listen(new Uri(url), static listen => listen.Use(static next => connection =>
            {
                connection.Features.Set(Mark.Instance);
                return next(connection);
            }));
        }
    }

    /// <summary>What came through the listener reaches its own answers only. Stands before everything else.</summary>
    /// <param name="app">The program.</param>
    public static void UseHealthListener(this WebApplication app) => app.Use((context, next) =>
    {
        if (context.Features.Get<Mark>() is null || context.Request.Path.StartsWithSegments("/healthz", StringComparison.Ordinal) || context.Request.Path == "/metrics")
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    });

    /// <summary>Maps <c>/healthz</c>: live means that the process answers and depends on nothing else; ready means that it takes mail.</summary>
    /// <param name="routes">The routes.</param>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz/live", () => Results.Text("live\n"))
            .WithTags("Health").WithSummary("200 as long as the process answers. Needs no token.");
        routes.MapGet("/healthz/ready", (INodeReadiness node) => node.FindObstacles() is { Count: > 0 } obstacles
            ? Results.Text(string.Join('\n', obstacles) + "\n", statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Text(string.Concat(["ready\n", .. node.FindWarnings().Select(warning => $"warning: {warning}\n")])))
            .WithTags("Health").WithSummary("200 when the node takes mail, with a line for each warning, otherwise 503 and a line for each obstacle. Needs no token.");
    }

    private sealed class Mark
    {
        public static readonly Mark Instance = new();
    }
}

/// <summary>Whether a node takes mail.</summary>
public interface INodeReadiness
{
    /// <summary>What keeps the node from taking mail, a line each; empty if nothing does.</summary>
    IReadOnlyList<string> FindObstacles();

    /// <summary>What somebody should look at although the node takes mail, a line each.</summary>
    IReadOnlyList<string> FindWarnings();
}
