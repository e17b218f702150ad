using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Silo.Admin.Access;

namespace EcStreamOrleans.Silo.Admin.Policy;

/// <summary>
/// <c>/policy/suspensions</c>: whether the peers of a scope may inject. Not conditional: who suspends at night means it whatever was set
/// before, and the options of the scope stay as they are.
/// </summary>
internal static class SuspensionEndpoints
{
    /// <summary>How often a change is made for the newest version when somebody else was quicker.</summary>
    private const int MostAttempts = 8;

    private const string Tag = "Suspensions";

    public static void MapSuspensions(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/policy/suspensions", SuspendAsync)
            .WithTags(Tag).WithSummary("Suspends the peers of a scope: their messages are put off (Z) with the reason, their sessions stay.")
            .RequireAuthorization(AdminRole.Operator).Waits()
            .Accepts<SuspensionRequest>("application/json")
            .Produces<PolicyWriteReport>()
            .ProducesProblems(StatusCodes.Status400BadRequest, StatusCodes.Status409Conflict);
        routes.MapDelete("/policy/suspensions/{block}", ResumeAsync)
            .WithTags(Tag).WithSummary("Resumes the peers of a scope; where a scope further out suspends them, exempts them.")
            .RequireAuthorization(AdminRole.Operator).Waits()
            .Query("listen", "The Listen; without it the ECStream_Listener.").Query("reason", "Why; it goes into the policy log.")
            .Produces<PolicyWriteReport>()
            .ProducesProblems(StatusCodes.Status400BadRequest, StatusCodes.Status404NotFound, StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> SuspendAsync(HttpContext context, PolicyDesk desk)
    {
        var (body, problem) = await JsonBody.ReadAsync(context.Request);
        if (body is null)
        {
            return problem!;
        }

        var scope = body.ReadScope();
        var reason = body.ReadReason(isNeeded: true);
        var until = body.Instant("until", after: desk.Now);
        body.End();
        var asked = new Asked(context.Request);
        var wait = asked.Wait();
        asked.Faults.AddRange(body.Faults);
        return asked.Faults.Count > 0
            ? Problems.Invalid(asked.Faults)
            : await ChangeAsync(context, desk, scope!.Value, reason, wait, before => before with { Suspended = true, SuspendedReason = reason, SuspendedUntil = until });
    }

    private static async Task<IResult> ResumeAsync(string block, HttpContext context, PolicyDesk desk, LivePolicy policy)
    {
        var asked = new Asked(context.Request);
        var scope = asked.Scope(block);
        var (reason, wait) = (asked.Reason(), asked.Wait());
        return asked.Faults.Count > 0
            ? Problems.Invalid(asked.Faults)
            : await ChangeAsync(context, desk, scope, reason, wait, before =>
                IsSuspendedFurtherOut(policy.Overrides, scope) ? before with { Suspended = false, SuspendedReason = null, SuspendedUntil = null }
                : before.Suspended == true ? before with { Suspended = null, SuspendedReason = null, SuspendedUntil = null }
                : null);
    }

    /// <summary>What the peers of a scope would fall back to without it: the nearest scope around it that says something.</summary>
    private static bool IsSuspendedFurtherOut(OverrideSet overrides, PeerScope scope) => overrides.Entries
        .Where(outer => outer.Value.Suspended is not null
            && outer.Key != scope
            && outer.Key.Block.Contains(scope.Block)
            && (outer.Key.Listen == scope.Listen || outer.Key.Listen.Length == 0))
        .OrderByDescending(outer => outer.Key.Listen.Length > 0)
        .ThenByDescending(outer => outer.Key.Block.PrefixLength)
        .Select(outer => outer.Value.Suspended)
        .FirstOrDefault() == true;

    /// <param name="context">The request.</param>
    /// <param name="desk">Makes it.</param>
    /// <param name="scope">Where.</param>
    /// <param name="reason">Why.</param>
    /// <param name="wait">How long the answer waits for the nodes.</param>
    /// <param name="change">What is to be set, by what is set; null if there is nothing to be done.</param>
    private static async Task<IResult> ChangeAsync(
        HttpContext context, PolicyDesk desk, PeerScope scope, string reason, double wait, Func<PeerOverride, PeerOverride?> change)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (before, version) = await desk.GetAsync(scope, context.RequestAborted);
            if (change(before) is not { } after)
            {
                return Problems.NotFound($"Nothing suspends {scope}.");
            }

            if (after == before)
            {
                context.NoteForAudit($"{scope} is as asked for already");
                return await AnswerAsync(null, version);
            }

            var outcome = await desk.CommitAsync(context, version, reason, [KeyValuePair.Create(scope, after)]);
            if (outcome.Entry is { } entry)
            {
                return await AnswerAsync(entry.ToReport(), entry.Version);
            }

            if (outcome.Conflict is not { } conflict)
            {
                return Problems.Invalid([.. outcome.Faults.Select(fault => new ProblemFault(null, fault))]);
            }

            if (attempt == MostAttempts)
            {
                return Problems.Conflict(version, conflict.ToReport());
            }
        }

        async Task<IResult> AnswerAsync(PolicyLogEntry? made, long version)
        {
            context.Response.Headers.ETag = $"\"{version}\"";
            return Results.Json(new PolicyWriteReport(made, await desk.AwaitSpreadAsync(version, wait, context.RequestAborted)), AdminJson.Default.PolicyWriteReport);
        }
    }
}
