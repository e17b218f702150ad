using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Grains.Nodes;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Silo.Admin.Access;
using EcStreamOrleans.Silo.Admin.Policy;

namespace EcStreamOrleans.Silo.Admin;

/// <summary><c>/sessions</c>: the sessions of every node of the cluster. A closed client may come back at once; who is to stay away is suspended first.</summary>
internal static class SessionEndpoints
{
    private const string Tag = "Sessions";
    private const int DefaultLimit = 100;
    private const int MaxLimit = 10_000;
    private const int MaxGroups = 10_000;

    public static void MapSessions(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/sessions", ListAsync)
            .WithTags(Tag).WithSummary("Sessions of the cluster, those that have been silent longest first.")
            .Query("peer", "An address, a block, or unix; without it all.").NumberQuery("limit", $"Sessions at most, 1 to {MaxLimit}; {DefaultLimit} unless told.")
            .Produces<SessionListing>();
        routes.MapGet("/sessions/count", CountAsync)
            .WithTags(Tag).WithSummary("How many sessions the cluster has, as a whole or by block.")
            .Query("cidr", "Only peers in this block.").NumberQuery("prefix", "Counts by blocks of this prefix length, 0 to 128; an IPv4 address counts with 32 at most.")
            .Produces<SessionCount>();
        routes.MapGet("/sessions/{id}", GetAsync)
            .WithTags(Tag).WithSummary("One session, whichever node it is on.")
            .Produces<SessionReport>()
            .ProducesProblems(StatusCodes.Status404NotFound);
        routes.MapDelete("/sessions/{id}", CloseAsync)
            .WithTags(Tag).WithSummary("Closes a session; it gets the replies that it is owed first.")
            .RequireAuthorization(AdminRole.Operator)
            .Query("reason", "Why; it goes into the log.")
            .Produces<CloseReport>()
            .ProducesProblems(StatusCodes.Status404NotFound);
        routes.MapPost("/sessions/close", CloseAllAsync)
            .WithTags(Tag).WithSummary("Closes every session whose peer is in a block; each gets the replies that it is owed first.")
            .RequireAuthorization(AdminRole.Operator)
            .Accepts<CloseRequest>("application/json")
            .Produces<CloseReport>()
            .ProducesProblems(StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> ListAsync(HttpContext context, GridNodes nodes)
    {
        var asked = new Asked(context.Request);
        var limit = asked.Limit(DefaultLimit, MaxLimit);
        var which = new SessionFilter(asked.Query("peer") == PeerId.Unix.Key ? PeerId.Unix.Key : asked.Block("peer")?.ToString());
        if (asked.Faults.Count > 0)
        {
            return Problems.Invalid(asked.Faults);
        }

        // One more than asked for tells whether there are more.
        var (answers, missing) = await nodes.AskAsync(node => node.FindSessionsAsync(which, limit + 1), context.RequestAborted);
        var found = answers.SelectMany(sessions => sessions).OrderBy(session => session.LastActivity).ThenBy(session => session.Id).Take(limit + 1).ToList();
        return Results.Json(new SessionListing([.. found.Take(limit).Select(Report)], found.Count > limit) { Missing = missing }, AdminJson.Default.SessionListing);
    }

    private static async Task<IResult> CountAsync(HttpContext context, GridNodes nodes)
    {
        var asked = new Asked(context.Request);
        var which = new SessionFilter(asked.Block("cidr")?.ToString());
        var prefix = (int)asked.Number("prefix", -1, 0, 128);
        if (asked.Faults.Count > 0)
        {
            return Problems.Invalid(asked.Faults);
        }

        var (answers, missing) = await nodes.AskAsync(node => node.CountSessionsAsync(which, prefix < 0 ? null : prefix), context.RequestAborted);
        var blocks = answers.SelectMany(counts => counts).ToList();
        var groups = prefix < 0 ? null : blocks
            .GroupBy(block => block.Block, StringComparer.Ordinal)
            .Select(group => new SessionGroup(group.Key, group.Sum(block => block.Sessions)))
            .OrderByDescending(group => group.Sessions).ThenBy(group => group.Block, StringComparer.Ordinal)
            .Take(MaxGroups + 1)
            .ToList();
        return Results.Json(
            new SessionCount(blocks.Sum(block => block.Sessions), groups is null ? null : [.. groups.Take(MaxGroups)], groups?.Count > MaxGroups) { Missing = missing },
            AdminJson.Default.SessionCount);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext context, GridNodes nodes) =>
        await FindSessionAsync(id, context, nodes) is { } session ? Results.Json(Report(session), AdminJson.Default.SessionReport) : NoSession(id);

    private static async Task<IResult> CloseAsync(string id, HttpContext context, GridNodes nodes)
    {
        var asked = new Asked(context.Request);
        var reason = asked.Reason();
        if (asked.Faults.Count > 0)
        {
            return Problems.Invalid(asked.Faults);
        }

        return await FindSessionAsync(id, context, nodes) is { } session
            ? await CloseThoseAsync(context, nodes, new SessionFilter(Session: session.Id), $"session of {session.Peer}", reason)
            : NoSession(id);
    }

    private static async Task<IResult> CloseAllAsync(HttpContext context, GridNodes nodes)
    {
        var (body, problem) = await JsonBody.ReadAsync(context.Request);
        if (body is null)
        {
            return problem!;
        }

        var cidr = body.Text("cidr", PolicyJson.MaxAddressLength, isNeeded: true);
        var reason = body.ReadReason(isNeeded: true);
        body.End();
        PeerScope scope = default;
        if (cidr is not null && !PeerScope.TryParse(null, cidr, out scope, out var error))
        {
            body.Fault("cidr", error);
        }

        return body.Faults.Count > 0
            ? Problems.Invalid(body.Faults)
            : await CloseThoseAsync(context, nodes, new SessionFilter(scope.Block.ToString()), $"sessions of {scope.Block}", reason);
    }

    private static async Task<IResult> CloseThoseAsync(HttpContext context, GridNodes nodes, SessionFilter which, string what, string reason)
    {
        // Somebody who goes away in the midst of it does not take it back.
        var (actor, words) = (context.User.Actor()!, OneLine.Of(reason));
        var (answers, missing) = await nodes.AskAsync(node => node.CloseSessionsAsync(which, actor, words), CancellationToken.None);
        context.NoteForAudit($"closed {answers.Sum()} {what}: {reason}{(missing.Count == 0 ? "" : $"; not answered by {string.Join(", ", missing)}")}");
        return Results.Json(new CloseReport(answers.Sum()) { Missing = missing }, AdminJson.Default.CloseReport);
    }

    private static async Task<SessionSnapshot?> FindSessionAsync(string id, HttpContext context, GridNodes nodes) =>
        Guid.TryParse(id, out var session)
            ? (await nodes.AskAsync(node => node.FindSessionsAsync(new SessionFilter(Session: session), 1), context.RequestAborted)).Answers.SelectMany(found => found).FirstOrDefault()
            : null;

    private static IResult NoSession(string id) => Problems.NotFound($"No node that answers has a session {OneLine.Of(id)}.");

    private static SessionReport Report(SessionSnapshot session) => new(
        session.Id,
        session.Peer,
        session.Listen,
        session.Node,
        session.OpenedAt,
        session.Messages,
        session.Bytes,
        session.LastActivity,
        session.IdleLeft.TotalSeconds,
        session.Policy.ToOptions(),
        session.Policy.ToSuspension(),
        session.IsClosing ? "closing" : session.Refusal is not null ? "refused" : "open",
        session.Refusal ?? session.Where);
}
