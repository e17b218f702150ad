using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Silo.Admin.Access;

namespace EcStreamOrleans.Silo.Admin.Policy;

/// <summary><c>/policy/overrides</c>: what is set at Peer scopes while the grid runs. Writes are conditional on the scope's version.</summary>
internal static class OverrideEndpoints
{
    private const string Tag = "Overrides";

    public static void MapOverrides(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/policy/overrides", ListAsync)
            .WithTags(Tag).WithSummary("What is set at Peer scopes while the grid runs, all or inside a block.")
            .Query("listen", "Only of this Listen; empty for the ECStream_Listener.").Query("block", "Only scopes inside this block.").Paged()
            .Produces<OverrideListing>();
        routes.MapGet("/policy/overrides/{block}", GetAsync)
            .WithTags(Tag).WithSummary("What is set at one Peer scope. Answers also where nothing is: the ETag is what a first write needs.")
            .Query("listen", "The Listen; without it the ECStream_Listener.")
            .Produces<OverrideReport>();
        Write(routes.MapPut("/policy/overrides/{block}", (string block, HttpContext context, PolicyDesk desk) =>
                WriteBodyAsync(block, context, desk, (body, before) => body.ReadOptions(before with { IdleTime = null, IdleTimeUntil = null, MaxBatchSize = null, MaxBatchSizeUntil = null }, desk.Now))))
            .WithSummary("Replaces both options of a Peer scope. A suspension stays.")
            .Accepts<OverrideRequest>("application/json");
        Write(routes.MapPatch("/policy/overrides/{block}", (string block, HttpContext context, PolicyDesk desk) =>
                WriteBodyAsync(block, context, desk, (body, before) => body.ReadOptions(before, desk.Now))))
            .WithSummary("Sets, or with null unsets, single options of a Peer scope (RFC 7396).")
            .Accepts<OverrideRequest>("application/merge-patch+json", "application/json");
        Write(routes.MapDelete("/policy/overrides/{block}", DeleteAsync))
            .WithSummary("Unsets both options of a Peer scope. A suspension stays.")
            .Query("reason", "Why; it goes into the policy log.");
    }

    private static RouteHandlerBuilder Write(RouteHandlerBuilder route) => route
        .WithTags(Tag).RequireAuthorization(AdminRole.Operator).Waits()
        .Query("listen", "The Listen; without it the ECStream_Listener.")
        .IfMatch()
        .Produces<PolicyWriteReport>()
        .ProducesProblems(StatusCodes.Status400BadRequest, StatusCodes.Status412PreconditionFailed, StatusCodes.Status428PreconditionRequired);

    private static async Task<IResult> ListAsync(HttpContext context, LivePolicy policy, PolicyDesk desk)
    {
        var asked = new Asked(context.Request);
        var page = ScopePage.Read(asked);
        var filter = ScopeFilter.Read(asked);
        if (asked.Faults.Count > 0)
        {
            return Problems.Invalid(asked.Faults);
        }

        // Which scopes there are, the node knows; what is set there and its version have to be of one moment, which the grain knows.
        var overrides = policy.Overrides;
        var scopes = page.Take(overrides.Entries.Select(entry => entry.Key).Where(filter.Matches), out var next);
        var states = await Task.WhenAll(scopes.Select(scope => desk.GetAsync(scope, context.RequestAborted)));
        context.Response.Headers.ETag = $"\"{overrides.Version}\"";
        return Results.Json(
            new OverrideListing(overrides.Version, [.. scopes.Zip(states, Report).Where(report => report.Set != new PolicyValues())], next), AdminJson.Default.OverrideListing);
    }

    private static async Task<IResult> GetAsync(string block, HttpContext context, PolicyDesk desk)
    {
        var asked = new Asked(context.Request);
        var scope = asked.Scope(block);
        if (asked.Faults.Count > 0)
        {
            return Problems.Invalid(asked.Faults);
        }

        var state = await desk.GetAsync(scope, context.RequestAborted);
        context.Response.Headers.ETag = $"\"{state.Version}\"";
        return Results.Json(Report(scope, state), AdminJson.Default.OverrideReport);
    }

    private static Task<IResult> DeleteAsync(string block, HttpContext context, PolicyDesk desk)
    {
        var asked = new Asked(context.Request);
        var reason = asked.Reason();
        return WriteAsync(block, context, desk, asked, reason, before => before with { IdleTime = null, IdleTimeUntil = null, MaxBatchSize = null, MaxBatchSizeUntil = null });
    }

    private static async Task<IResult> WriteBodyAsync(string block, HttpContext context, PolicyDesk desk, Func<JsonBody, PeerOverride, PeerOverride> change)
    {
        var (body, problem) = await JsonBody.ReadAsync(context.Request);
        if (body is null)
        {
            return problem!;
        }

        // What is wrong in itself is told first, whatever is set now.
        var asked = new Asked(context.Request);
        var reason = body.ReadReason();
        _ = change(body, new PeerOverride { IdleTime = PolicyLimits.DefaultIdleTime, MaxBatchSize = PolicyLimits.DefaultMaxBatchSize });
        body.End();
        asked.Faults.AddRange(body.Faults);
        body.Faults.Clear();
        return await WriteAsync(block, context, desk, asked, reason, before =>
        {
            var after = change(body, before);
            asked.Faults.AddRange(body.Faults);
            return after;
        });
    }

    private static async Task<IResult> WriteAsync(
        string block, HttpContext context, PolicyDesk desk, Asked asked, string reason, Func<PeerOverride, PeerOverride> change)
    {
        var scope = asked.Scope(block);
        var wait = asked.Wait();
        var version = asked.IfMatch();
        if (asked.Faults.Count > 0)
        {
            return Problems.Invalid(asked.Faults);
        }

        var present = await desk.GetAsync(scope, context.RequestAborted);
        if (version is null)
        {
            return Problems.VersionNeeded(present.Version);
        }

        if (version != present.Version)
        {
            return await StaleAsync(present);
        }

        var after = change(present.Value);
        if (asked.Faults.Count > 0)
        {
            return Problems.Invalid(asked.Faults);
        }

        if (after == present.Value)
        {
            context.NoteForAudit($"{scope} is as asked for already");
            return await AnswerAsync(null, present.Version);
        }

        var outcome = await desk.CommitAsync(context, present.Version, reason, [KeyValuePair.Create(scope, after)]);
        if (outcome.Conflict is not null)
        {
            return await StaleAsync(await desk.GetAsync(scope, context.RequestAborted));
        }

        return outcome.Entry is { } entry ? await AnswerAsync(entry.ToReport(), entry.Version) : Problems.Invalid([.. outcome.Faults.Select(fault => new ProblemFault(null, fault))]);

        async Task<IResult> AnswerAsync(PolicyLogEntry? made, long of)
        {
            context.Response.Headers.ETag = $"\"{of}\"";
            return Results.Json(new PolicyWriteReport(made, await desk.AwaitSpreadAsync(of, wait, context.RequestAborted)), AdminJson.Default.PolicyWriteReport);
        }

        async Task<IResult> StaleAsync((PeerOverride Value, long Version) now)
        {
            context.Response.Headers.ETag = $"\"{now.Version}\"";
            return Problems.Stale(
                new ScopeVersion(version.Value, change(PeerOverride.None).ToValues(), null, null, reason.Length == 0 ? null : reason),
                await desk.DescribeAsync(now.Value, now.Version, context.RequestAborted));
        }
    }

    private static OverrideReport Report(PeerScope scope, (PeerOverride Value, long Version) state) =>
        new(scope.ToString(), scope.Listen, scope.Block.ToString(), state.Value.ToValues(), state.Version);
}
