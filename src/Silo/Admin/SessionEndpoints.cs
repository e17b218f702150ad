using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Silo.Admin.Access;
using EcStreamOrleans.Silo.Admin.Policy;

namespace EcStreamOrleans.Silo.Admin;

/// <summary><c>/sessions</c>: the sessions of this node. A closed client may come back at once; who is to stay away is suspended first.</summary>
internal static class SessionEndpoints
{
    private const string Tag = "Sessions";
    private const int DefaultLimit = 100;
    private const int MaxLimit = 10_000;
    private const int MaxGroups = 10_000;

    public static void MapSessions(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/sessions", List)
            .WithTags(Tag).WithSummary("Sessions of this node, those that have been silent longest first.")
            .Query("peer", "An address, a block, or unix; without it all.").NumberQuery("limit", $"Sessions at most, 1 to {MaxLimit}; {DefaultLimit} unless told.")
            .Produces<SessionListing>();
        routes.MapGet("/sessions/count", Count)
            .WithTags(Tag).WithSummary("How many sessions this node has, as a whole or by block.")
            .Query("cidr", "Only peers in this block.").NumberQuery("prefix", "Counts by blocks of this prefix length, 0 to 128; an IPv4 address counts with 32 at most.")
            .Produces<SessionCount>();
        routes.MapGet("/sessions/{id}", Get)
            .WithTags(Tag).WithSummary("One session of this node.")
            .Produces<SessionReport>()
            .ProducesProblems(StatusCodes.Status404NotFound);
        routes.MapDelete("/sessions/{id}", Close)
            .WithTags(Tag).WithSummary("Closes a session; it gets the replies that it is owed first.")
            .RequireAuthorization(AdminRole.Operator)
            .Query("reason", "Why; it goes into the log.")
            .Produces<CloseReport>()
            .ProducesProblems(StatusCodes.Status404NotFound);
        routes.MapPost("/sessions/close", CloseAllAsync)
            .WithTags(Tag).WithSummary("Closes every session of this node whose peer is in a block; each gets the replies that it is owed first.")
            .RequireAuthorization(AdminRole.Operator)
            .Accepts<CloseRequest>("application/json")
            .Produces<CloseReport>()
            .ProducesProblems(StatusCodes.Status400BadRequest);
    }

    private static IResult List(HttpContext context, SessionRegistry sessions)
    {
        var asked = new Asked(context.Request);
        var limit = asked.Limit(DefaultLimit, MaxLimit);
        Func<PeerId, bool> isMeant = asked.Query("peer") == PeerId.Unix.Key ? peer => peer == PeerId.Unix
            : asked.Block("peer") is { } block ? block.Holds
            : static _ => true;
        if (asked.Faults.Count > 0)
        {
            return Problems.Invalid(asked.Faults);
        }

        // One more than asked for tells whether there are more.
        var found = sessions.Snapshot(isMeant).OrderBy(session => session.LastActivity).ThenBy(session => session.Id).Take(limit + 1).ToList();
        return Results.Json(new SessionListing([.. found.Take(limit).Select(Report)], found.Count > limit), AdminJson.Default.SessionListing);
    }

    private static IResult Count(HttpContext context, SessionRegistry sessions)
    {
        var asked = new Asked(context.Request);
        var block = asked.Block("cidr");
        var prefix = (int)asked.Number("prefix", -1, 0, 128);
        if (asked.Faults.Count > 0)
        {
            return Problems.Invalid(asked.Faults);
        }

        var peers = sessions.SessionPeers.Where(peer => block is not { } cidr || cidr.Holds(peer)).ToList();
        var groups = prefix < 0 ? null : peers
            .GroupBy(peer => BlockOf(peer, prefix))
            .Select(group => new SessionGroup(group.Key, group.Count()))
            .OrderByDescending(group => group.Sessions).ThenBy(group => group.Block, StringComparer.Ordinal)
            .Take(MaxGroups + 1)
            .ToList();
        return Results.Json(
            new SessionCount(peers.Count, groups is null ? null : [.. groups.Take(MaxGroups)], groups?.Count > MaxGroups), AdminJson.Default.SessionCount);
    }

    private static IResult Get(string id, SessionRegistry sessions) =>
        Guid.TryParse(id, out var session) && sessions.Snapshot(session) is { } found
            ? Results.Json(Report(found), AdminJson.Default.SessionReport)
            : NoSession(id);

    private static IResult Close(string id, HttpContext context, SessionRegistry sessions)
    {
        var asked = new Asked(context.Request);
        var reason = asked.Reason();
        if (asked.Faults.Count > 0)
        {
            return Problems.Invalid(asked.Faults);
        }

        return Guid.TryParse(id, out var session) && sessions.Snapshot(session) is { } found
            ? CloseThose(context, sessions, (other, _) => other == session, $"session of {found.Peer}", reason)
            : NoSession(id);
    }

    private static async Task<IResult> CloseAllAsync(HttpContext context, SessionRegistry sessions)
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
            : CloseThose(context, sessions, (_, peer) => scope.Block.Holds(peer), $"sessions of {scope.Block}", reason);
    }

    private static IResult CloseThose(HttpContext context, SessionRegistry sessions, Func<Guid, PeerId, bool> isMeant, string which, string reason)
    {
        var closed = sessions.Close(isMeant, context.User.Actor()!, OneLine.Of(reason));
        context.NoteForAudit($"closed {closed} {which}: {reason}");
        return Results.Json(new CloseReport(closed), AdminJson.Default.CloseReport);
    }

    private static IResult NoSession(string id) => Problems.NotFound($"This node has no session {OneLine.Of(id)}.");

    private static string BlockOf(PeerId peer, int prefix)
    {
        if (peer == PeerId.Unix)
        {
            return peer.Key;
        }

        var most = peer.Key.Contains(':', StringComparison.Ordinal) ? 128 : 32;
        return CidrBlock.TryParse($"{peer.Key}/{Math.Min(prefix, most)}", out var block) ? block.ToString() : peer.Key;
    }

    private static SessionReport Report(SessionSnapshot session) => new(
        session.Id,
        session.Peer.Key,
        session.Listen,
        session.Edge,
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
