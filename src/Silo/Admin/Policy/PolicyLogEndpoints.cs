using EcStreamOrleans.AdminApi;

namespace EcStreamOrleans.Silo.Admin.Policy;

/// <summary><c>/policy/log</c>: who changed what, when and why.</summary>
internal static class PolicyLogEndpoints
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 500;

    public static void MapPolicyLog(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/policy/log", ListAsync)
            .WithTags("Policy log").WithSummary("The changes of policy in their order.")
            .NumberQuery("after", "Only versions above this one.").NumberQuery("limit", $"Entries at most, 1 to {MaxLimit}; {DefaultLimit} unless told.")
            .Produces<PolicyLogPage>();
        routes.MapGet("/policy/log/{version}", GetAsync)
            .WithTags("Policy log").WithSummary("One entry of the policy log.")
            .Produces<PolicyLogEntry>()
            .ProducesProblems(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ListAsync(HttpContext context, PolicyDesk desk)
    {
        var asked = new Asked(context.Request);
        var (after, limit) = ((long)asked.Number("after", 0, 0, 1L << 53), asked.Limit(DefaultLimit, MaxLimit));
        if (asked.Faults.Count > 0)
        {
            return Problems.Invalid(asked.Faults);
        }

        var entries = await desk.ReadLogAsync(after, limit + 1, context.RequestAborted);
        return Results.Json(
            new PolicyLogPage([.. entries.Take(limit).Select(entry => entry.ToReport())], entries.Count > limit ? entries[limit - 1].Version : null),
            AdminJson.Default.PolicyLogPage);
    }

    private static async Task<IResult> GetAsync(string version, HttpContext context, PolicyDesk desk) =>
        long.TryParse(version, out var number) && await desk.FindEntryAsync(number, context.RequestAborted) is { } entry
            ? Results.Json(entry.ToReport(), AdminJson.Default.PolicyLogEntry)
            : Problems.NotFound($"The policy log has no version {OneLine.Of(version)}.");
}
