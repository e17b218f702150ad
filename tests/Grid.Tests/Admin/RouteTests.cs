using System.Net;
using EcStreamOrleans.Grid.Tests.Harness;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace EcStreamOrleans.Grid.Tests.Admin;

/// <summary>Every route of the admin listener: who may use it. A route that is not in the table fails the test.</summary>
public sealed class RouteTests : IDisposable
{
    private const string Anyone = "anyone";

    private static readonly string[] Roles = ["viewer", "operator", "admin"];

    // Method and route; the least role; the answer to one who may, for a request without a body, made of the path's examples below.
    private static readonly (string Route, string Least, HttpStatusCode Answer)[] Table =
    [
        ("GET /healthz/live", Anyone, HttpStatusCode.OK),
        ("GET /healthz/ready", Anyone, HttpStatusCode.OK),
        ("GET /metrics", Anyone, HttpStatusCode.OK),
        ("GET /openapi/{documentName}.json", "viewer", HttpStatusCode.OK),
        ("GET /api/v1/status", "viewer", HttpStatusCode.OK),
        ("GET /api/v1/spool", "viewer", HttpStatusCode.OK),
        ("GET /api/v1/spool/{id}", "viewer", HttpStatusCode.NotFound),
        ("GET /api/v1/policy/overrides", "viewer", HttpStatusCode.OK),
        ("GET /api/v1/policy/overrides/{block}", "viewer", HttpStatusCode.OK),
        ("PUT /api/v1/policy/overrides/{block}", "operator", HttpStatusCode.UnsupportedMediaType),
        ("PATCH /api/v1/policy/overrides/{block}", "operator", HttpStatusCode.UnsupportedMediaType),
        ("DELETE /api/v1/policy/overrides/{block}", "operator", HttpStatusCode.PreconditionRequired),
        ("GET /api/v1/policy/scopes", "viewer", HttpStatusCode.OK),
        ("POST /api/v1/policy/changes", "operator", HttpStatusCode.UnsupportedMediaType),
        ("POST /api/v1/policy/trial", "viewer", HttpStatusCode.UnsupportedMediaType),
        ("POST /api/v1/policy/suspensions", "operator", HttpStatusCode.UnsupportedMediaType),
        ("DELETE /api/v1/policy/suspensions/{block}", "operator", HttpStatusCode.NotFound),
        ("GET /api/v1/policy/log", "viewer", HttpStatusCode.OK),
        ("GET /api/v1/policy/log/{version}", "viewer", HttpStatusCode.NotFound),
        ("GET /api/v1/policy/effective", "viewer", HttpStatusCode.BadRequest),
        ("GET /api/v1/sessions", "viewer", HttpStatusCode.OK),
        ("GET /api/v1/sessions/count", "viewer", HttpStatusCode.OK),
        ("GET /api/v1/sessions/{id}", "viewer", HttpStatusCode.NotFound),
        ("DELETE /api/v1/sessions/{id}", "operator", HttpStatusCode.NotFound),
        ("POST /api/v1/sessions/close", "operator", HttpStatusCode.UnsupportedMediaType),
        ("POST /api/v1/maintenance", "admin", HttpStatusCode.UnsupportedMediaType),
        ("GET /api/v1/grid", "viewer", HttpStatusCode.OK),
        ("GET /api/v1/config", "operator", HttpStatusCode.OK),
        ("POST /api/v1/config/reload", "admin", HttpStatusCode.OK),
    ];

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task EveryRoute_IsOpenToTheRolesThatMayUseIt_AndToNobodyElse()
    {
        var keys = KeyFile.Write(_directory, [.. Roles.Select(role => KeyFile.Line(role, role, $"token-of-{role}"))]);
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => s.AdminKeys = keys);
        var routes = silo.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(e => (e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(m => $"{m} {e.RoutePattern.RawText}"));
        Assert.Equal(Table.Select(t => t.Route).Order(StringComparer.Ordinal), routes.Distinct().Order(StringComparer.Ordinal));

        var differences = new List<string>();
        foreach (var (route, least, answer) in Table)
        {
            var (method, path) = (route.Split(' ')[0], route.Split(' ')[1]);
            path = path.Replace("{documentName}", "v1").Replace("{block}", "10.0.0.0%2F16").Replace("{id}", "x").Replace("{version}", "9");
            await ExpectAsync(null, least == Anyone ? answer : HttpStatusCode.Unauthorized);
            await ExpectAsync("no-such-token", least == Anyone ? answer : HttpStatusCode.Unauthorized);
            foreach (var role in Roles)
            {
                await ExpectAsync($"token-of-{role}", least == Anyone || Array.IndexOf(Roles, role) >= Array.IndexOf(Roles, least) ? answer : HttpStatusCode.Forbidden);
            }

            async Task ExpectAsync(string? token, HttpStatusCode expected)
            {
                var got = await silo.Admin.CallAsync(method, path, token: token);
                if (got.Status != expected || ((int)got.Status >= 400 && got.Type != "application/problem+json"))
                {
                    differences.Add($"{route} by {token ?? "nobody"}: {got.Status} {got.Type}, not {expected}");
                }
            }
        }

        Assert.Empty(differences);

        // Where there is nothing, nobody without a token is told so.
        Assert.Equal(HttpStatusCode.Unauthorized, (await silo.Admin.CallAsync("GET", "/nope")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.Admin.CallAsync("GET", "/nope", token: "token-of-viewer")).Status);
        var wrong = await silo.Admin.CallAsync("PUT", "status", token: "token-of-viewer");
        Assert.Equal((HttpStatusCode.MethodNotAllowed, 405), (wrong.Status, wrong["status"].GetInt32()));
    }

    [Fact]
    public async Task WhatFails_IsAProblem_WithoutAWordOfTheInside()
    {
        await using var silo = await TestSilo.StartAsync(_directory);

        // A spool that is gone behind the silo's back stands for whatever nobody expects.
        Directory.Delete(_directory.Sub("data/spool"), recursive: true);
        File.WriteAllText(_directory.Sub("data/spool"), "no directory");
        var failed = await silo.Admin.CallAsync("GET", "spool");

        Assert.Equal((HttpStatusCode.InternalServerError, "application/problem+json"), (failed.Status, failed.Type));
        Assert.DoesNotContain("Exception", failed.Compact);
        Assert.True(silo.Log.Has(Microsoft.Extensions.Logging.LogLevel.Error, "Admin: /api/v1/spool failed"));
    }
}
