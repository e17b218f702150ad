using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Silo.Admin.Policy;

/// <summary><c>/policy/scopes</c>: every Peer scope, of the file and set beside it.</summary>
internal static class ScopeEndpoints
{
    public static void MapScopes(this IEndpointRouteBuilder routes) => routes.MapGet("/policy/scopes", List)
        .WithTags("Scopes").WithSummary("Every Peer scope of the configuration file and of the overrides, with what each sets.")
        .Query("listen", "Only of this Listen.").Query("block", "Only scopes inside this block.").Paged()
        .Produces<PeerScopeListing>();

    private static IResult List(HttpContext context, LivePolicy policy)
    {
        var asked = new Asked(context.Request);
        var page = ScopePage.Read(asked);
        var filter = ScopeFilter.Read(asked);
        if (asked.Faults.Count > 0)
        {
            return Problems.Invalid(asked.Faults);
        }

        var (file, overrides) = (policy.Configuration.Current, policy.Overrides);
        var inFile = ScopesOf(file.Grid).ToDictionary(entry => entry.Key, entry => entry.Value);
        var scopes = page.Take(inFile.Keys.Union(overrides.Entries.Select(entry => entry.Key)).Where(filter.Matches), out var next);
        context.Response.Headers.ETag = $"\"{overrides.Version}\"";
        return Results.Json(
            new PeerScopeListing(overrides.Version, file.Generation, [.. scopes.Select(Report)], next), AdminJson.Default.PeerScopeListing);

        PeerScopeReport Report(PeerScope scope) => new(
            scope.ToString(),
            scope.Listen,
            scope.Block.ToString(),
            inFile.GetValueOrDefault(scope) is { } level ? new PolicyValues { IdleTime = level.IdleTime?.TotalSeconds, MaxBatchSize = level.MaxBatchSize } : null,
            overrides.Get(scope) is { IsNone: false } value ? value.ToValues() : null);
    }

    private static IEnumerable<KeyValuePair<PeerScope, PolicyLevel>> ScopesOf(GridConfiguration grid)
    {
        foreach (var (block, level) in grid.Peers.Entries)
        {
            yield return new(new PeerScope("", block), level);
        }

        foreach (var listen in grid.Listens)
        {
            foreach (var (block, level) in listen.Peers.Entries)
            {
                // Its address in its one spelling, as overrides name it.
                if (PeerScope.TryParse(listen.Address, block.ToString(), out var scope, out _))
                {
                    yield return new(scope, level);
                }
            }
        }
    }
}
