using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Silo.Admin.Policy;

/// <summary><c>/policy/effective</c>: what applies to a peer, connected or not, now or at another instant.</summary>
internal static class EffectiveEndpoints
{
    private const int PageSize = 1_000;

    public static void MapEffective(this IEndpointRouteBuilder routes) => routes.MapGet("/policy/effective", GetAsync)
        .WithTags("Effective policy").WithSummary("What applies to a peer on a Listen, connected or not, now or at another instant.")
        .Query("listen", "The Listen's address in any spelling.", isNeeded: true).Query("peer", "The peer's address, or unix.", isNeeded: true)
        .Query("at", "The instant, ISO 8601 with its offset: the overrides are those of then, the configuration file is the present one.")
        .Produces<EffectiveReport>()
        .ProducesProblems(StatusCodes.Status400BadRequest);

    private static async Task<IResult> GetAsync(HttpContext context, LivePolicy policy, Admission admission, PolicyDesk desk)
    {
        var asked = new Asked(context.Request);
        var at = asked.Instant("at");
        if (asked.Query("listen") is not { } listen)
        {
            asked.Fault("listen is missing: the address of a Listen.");
            listen = "";
        }
        else if (!PeerScope.TryParse(listen, "0.0.0.0/0", out _, out var error))
        {
            asked.Fault(error);
        }

        if (!PeerId.TryParse(asked.Query("peer"), out var peer))
        {
            asked.Fault($"peer = {OneLine.Of(asked.Query("peer") ?? "")}: must be an address, or unix.");
        }

        if (asked.Faults.Count > 0)
        {
            return Problems.Invalid(asked.Faults);
        }

        var file = policy.Configuration.Current;
        var overrides = at is { } instant ? await ReplayAsync(desk, instant, context.RequestAborted) : policy.Overrides;
        var effective = PolicyEvaluator.Evaluate(file.Grid, overrides, listen, peer);
        var verdict = admission.Judge(file.Grid, overrides, peer, listen);
        return Results.Json(
            new EffectiveReport(
                listen,
                peer.Key,
                at ?? desk.Now,
                overrides.Version,
                file.Generation,
                effective.ToOptions(),
                effective.ToSuspension(),
                verdict.IsAdmitted && effective.Suspension is null,
                effective.Suspension is { } suspension ? $"suspended by {suspension.Origin}" : verdict.Why),
            AdminJson.Default.EffectiveReport);
    }

    private static async Task<OverrideSet> ReplayAsync(PolicyDesk desk, DateTimeOffset instant, CancellationToken cancellationToken)
    {
        var set = OverrideSet.Empty;
        while (true)
        {
            var entries = await desk.ReadLogAsync(set.Version, PageSize, cancellationToken);
            set = PolicyReplay.At(set, entries, instant, out var isThere);
            if (isThere || entries.Count == 0)
            {
                return set;
            }
        }
    }
}
