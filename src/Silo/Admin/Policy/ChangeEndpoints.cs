using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Grains.Nodes;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Silo.Admin.Access;

namespace EcStreamOrleans.Silo.Admin.Policy;

/// <summary><c>/policy/changes</c>: changes at many scopes, all or nothing.</summary>
internal static class ChangeEndpoints
{
    private const string Tag = "Changes";

    public static void MapChanges(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/policy/changes", MakeAsync)
            .WithTags(Tag).WithSummary("Changes many Peer scopes at once, all or none. What a scope had in the log's before may be posted as set to undo.")
            .RequireAuthorization(AdminRole.Operator).Waits()
            .Accepts<ChangesRequest>("application/json")
            .Produces<PolicyWriteReport>()
            .ProducesProblems(StatusCodes.Status400BadRequest, StatusCodes.Status409Conflict);
        routes.MapPost("/policy/trial", TryAsync)
            .WithTags(Tag).WithSummary("What changes would have done to the traffic that this node remembers. Nothing is changed.")
            .Accepts<TrialRequest>("application/json")
            .Produces<TrialReport>()
            .ProducesProblems(StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> MakeAsync(HttpContext context, PolicyDesk desk)
    {
        var (body, problem) = await JsonBody.ReadAsync(context.Request);
        if (body is null)
        {
            return problem!;
        }

        var baseVersion = body.Integer("baseVersion", 0, long.MaxValue, "version", isNeeded: true);
        var reason = body.ReadReason();
        var changes = Read(body, desk.Now);
        body.End();
        var asked = new Asked(context.Request);
        var wait = asked.Wait();
        asked.Faults.AddRange(body.Faults);
        if (asked.Faults.Count > 0)
        {
            return Problems.Invalid(asked.Faults);
        }

        var outcome = await desk.CommitAsync(context, baseVersion!.Value, reason, changes);
        if (outcome.Conflict is { } conflict)
        {
            return Problems.Conflict(baseVersion.Value, conflict.ToReport());
        }

        if (outcome.Entry is not { } entry)
        {
            return Problems.Invalid([.. outcome.Faults.Select(fault => new ProblemFault(null, fault))]);
        }

        context.Response.Headers.ETag = $"\"{entry.Version}\"";
        return Results.Json(
            new PolicyWriteReport(entry.ToReport(), await desk.AwaitSpreadAsync(entry.Version, wait, context.RequestAborted)), AdminJson.Default.PolicyWriteReport);
    }

    private static async Task<IResult> TryAsync(HttpContext context, PolicyDesk desk, GridNodes nodes)
    {
        var (body, problem) = await JsonBody.ReadAsync(context.Request);
        if (body is null)
        {
            return problem!;
        }

        var changes = Read(body, desk.Now);
        body.End();
        if (body.Faults.Count > 0)
        {
            return Problems.Invalid([.. body.Faults]);
        }

        ProposedChange[] proposed = [.. changes.Select(change => new ProposedChange(change.Key.Listen, change.Key.Block.ToString(), change.Value))];
        var (trials, missing) = await nodes.AskAsync(node => node.TryAsync(proposed), context.RequestAborted);
        List<PeerTrial> peers =
        [
            .. trials.SelectMany(trial => trial.Peers)
                .GroupBy(peer => peer.Peer, StringComparer.Ordinal)
                .Select(parts => parts.Aggregate((sum, part) => sum.Plus(part)))
                .OrderByDescending(peer => peer.Batches).ThenBy(peer => peer.Peer, StringComparer.Ordinal),
        ];
        var remembered = trials.Sum(trial => trial.Remembered);
        return Results.Json(
            new TrialReport(
                TrialWords.Of(peers, remembered),
                trials.Min(trial => trial.Since)?.ToUniversalTime(),
                remembered,
                [.. peers.Select(p => new TrialPeer(p.Peer, p.Batches, p.BatchesSmaller, p.BatchesLarger, p.MessagesRefused, p.SessionsClosedEarlier, p.SessionsKeptLonger))])
            {
                Missing = missing,
            },
            AdminJson.Default.TrialReport);
    }

    private static List<KeyValuePair<PeerScope, PeerOverride>> Read(JsonBody body, DateTimeOffset now)
    {
        var changes = new List<KeyValuePair<PeerScope, PeerOverride>>();
        var seen = new HashSet<PeerScope>();
        var members = body.Members("changes");
        if (members.Count is 0 or > PolicyProposal.MaxChanges)
        {
            body.Fault("changes", $"has {members.Count} elements; from 1 to {PolicyProposal.MaxChanges} can be made at once");
            return changes;
        }

        foreach (var change in members)
        {
            var scope = change.ReadScope();
            var set = change.Member("set");
            var value = set?.ReadAll(now) ?? PeerOverride.None;
            set?.End();
            var isCleared = change.Flag("clear") ?? false;
            change.End();
            if (set is not null == isCleared)
            {
                change.Fault(null, "needs either set or \"clear\": true");
            }

            if (scope is { } known && !seen.Add(known))
            {
                change.Fault("block", $"{known} is there twice");
            }
            else if (scope is { } one)
            {
                changes.Add(new(one, value));
            }
        }

        return changes;
    }
}
