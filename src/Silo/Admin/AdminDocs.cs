using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Silo.Admin.Access;
using Microsoft.OpenApi;

namespace EcStreamOrleans.Silo.Admin;

/// <summary><c>/openapi/v1.json</c>: the admin API described, from its routes and types.</summary>
internal static class AdminDocs
{
    private const string Scheme = "token";

    public static void AddAdminDocs(this IServiceCollection services)
    {
        // The described numbers are numbers: nothing is read from strings.
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, AdminJson.Default);
        });
        services.AddOpenApi("v1", options => options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "EcStreamOrleans admin API",
                Version = "v1",
                Description = "Times are ISO 8601, UTC; spans are seconds. Every error is problem details (RFC 9457). GET takes the role viewer, writes the role operator or admin.",
            };

            // Where it listens is the site's.
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                [Scheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A token of the key file or of Entra; none is needed on loopback without either." },
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
            return Task.CompletedTask;
        }));
    }

    public static void MapAdminDocs(this IEndpointRouteBuilder routes) => routes.MapOpenApi("/openapi/{documentName}.json").RequireAuthorization(AdminRole.Viewer);

    public static RouteHandlerBuilder Query(this RouteHandlerBuilder route, string name, string description, bool isNeeded = false) =>
        route.Parameter(name, ParameterLocation.Query, JsonSchemaType.String, description, isNeeded);

    public static RouteHandlerBuilder NumberQuery(this RouteHandlerBuilder route, string name, string description, JsonSchemaType type = JsonSchemaType.Integer) =>
        route.Parameter(name, ParameterLocation.Query, type, description, isNeeded: false);

    public static RouteHandlerBuilder Paged(this RouteHandlerBuilder route) => route
        .NumberQuery("limit", "Scopes at most, 1 to 1000; 100 unless told.").Query("after", "What next was in the answer before.");

    public static RouteHandlerBuilder Waits(this RouteHandlerBuilder route) =>
        route.NumberQuery("wait", "Seconds that the answer waits for the nodes to go by the change, 0 to 10; 1 unless told.", JsonSchemaType.Number);

    public static RouteHandlerBuilder IfMatch(this RouteHandlerBuilder route) =>
        route.Parameter("If-Match", ParameterLocation.Header, JsonSchemaType.String, "The version of the scope that the write goes by, in quotes: its ETag.", isNeeded: true);

    public static RouteHandlerBuilder ProducesProblems(this RouteHandlerBuilder route, params int[] statuses)
    {
        foreach (var status in statuses)
        {
            route.Produces<AdminProblem>(status, Problems.ContentType);
        }

        return route;
    }

    private static RouteHandlerBuilder Parameter(this RouteHandlerBuilder route, string name, ParameterLocation place, JsonSchemaType type, string description, bool isNeeded) =>
        route.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = name,
                In = place,
                Description = description,
                Required = isNeeded,
                Schema = new OpenApiSchema { Type = type },
            });
            return Task.CompletedTask;
        });
}
