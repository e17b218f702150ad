using EcStreamOrleans.Edge.Facts;
using EcStreamOrleans.Grains.Nodes;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Edge.Nodes;

/// <summary>Answers for the sessions and the traffic of this node, whoever in the cluster asks.</summary>
public sealed class NodeAnswers(SessionRegistry sessions, TrafficFacts facts, Maintenance maintenance, LivePolicy policy) : INodeObserver
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<SessionSnapshot>> FindSessionsAsync(SessionFilter which, int limit) =>
        Task.FromResult<IReadOnlyList<SessionSnapshot>>([.. which.Session is { } id
            ? sessions.Snapshot(id) is { } one ? [one] : []
            : sessions.Snapshot(IsMeant(which)).OrderBy(session => session.LastActivity).ThenBy(session => session.Id).Take(limit)]);

    /// <inheritdoc/>
    public Task<IReadOnlyList<BlockCount>> CountSessionsAsync(SessionFilter which, int? prefixLength) =>
        Task.FromResult<IReadOnlyList<BlockCount>>([.. sessions.SessionPeers
            .Where(IsMeant(which))
            .CountBy(peer => prefixLength is { } length ? BlockOf(peer, length) : "")
            .Select(block => new BlockCount(block.Key, block.Value))]);

    /// <inheritdoc/>
    public Task<int> CloseSessionsAsync(SessionFilter which, string actor, string reason)
    {
        var isMeant = IsMeant(which);
        return Task.FromResult(sessions.Close((id, peer) => (which.Session is null || id == which.Session) && isMeant(peer), actor, reason));
    }

    /// <inheritdoc/>
    public Task SetMaintenanceAsync(string? reason, string actor)
    {
        maintenance.Set(reason, actor);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<NodeTrial> TryAsync(IReadOnlyList<ProposedChange> changes) => Task.Run(() =>
    {
        // Not in the turn in which it is asked: hundreds of thousands of facts take a while.
        var traffic = facts.Snapshot();
        var present = policy.Overrides;
        var proposed = present.With(present.Version, [.. changes.Select(change => KeyValuePair.Create(ScopeOf(change), change.After))]);
        var peers = PolicyTrial.Run(traffic, policy.Configuration.Grid, present, proposed);
        return new NodeTrial(traffic.Count == 0 ? null : traffic[0].Instant, traffic.Count, peers);
    });

    private static PeerScope ScopeOf(ProposedChange change) =>
        PeerScope.TryParse(change.Listen, change.Block, out var scope, out var error) ? scope : throw new FormatException(error);

    private static Func<PeerId, bool> IsMeant(SessionFilter which) =>
        which.Peer is null ? static _ => true
        : which.Peer == PeerId.Unix.Key ? static peer => peer == PeerId.Unix
        : CidrBlock.TryParse(which.Peer, out var block) ? block.Holds
        : throw new FormatException($"'{which.Peer}' is no block of addresses.");

    private static string BlockOf(PeerId peer, int prefixLength)
    {
        if (peer == PeerId.Unix)
        {
            return peer.Key;
        }

        var most = peer.Key.Contains(':', StringComparison.Ordinal) ? 128 : 32;
        return CidrBlock.TryParse($"{peer.Key}/{Math.Min(prefixLength, most)}", out var block) ? block.ToString() : peer.Key;
    }
}
