using EcStreamOrleans.Grains.Nodes;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Edge.Facts;

/// <summary>Says what a change of policy would have done to the traffic that is remembered, by the evaluator that live traffic is judged by.</summary>
public static class PolicyTrial
{
    /// <summary>Tries a change.</summary>
    /// <param name="facts">The traffic.</param>
    /// <param name="file">The file configuration.</param>
    /// <param name="present">What is set now.</param>
    /// <param name="proposed">What would be set.</param>
    /// <returns>The peers for whom anything would have been different, those with the most traffic first.</returns>
    public static IReadOnlyList<PeerTrial> Run(IReadOnlyList<TrafficFact> facts, GridConfiguration file, OverrideSet present, OverrideSet proposed)
    {
        ArgumentNullException.ThrowIfNull(facts);
        var policies = new Dictionary<(PeerId, string), (EffectivePolicy Now, EffectivePolicy Then)>();
        var tallies = new Dictionary<PeerId, Tally>();
        foreach (var fact in facts)
        {
            if (!policies.TryGetValue((fact.Peer, fact.Listen), out var policy))
            {
                policy = (PolicyEvaluator.Evaluate(file, present, fact.Listen, fact.Peer), PolicyEvaluator.Evaluate(file, proposed, fact.Listen, fact.Peer));
                policies.Add((fact.Peer, fact.Listen), policy);
            }

            if (IsSame(policy.Now, policy.Then))
            {
                continue;
            }

            if (!tallies.TryGetValue(fact.Peer, out var tally))
            {
                tally = new Tally();
                tallies.Add(fact.Peer, tally);
            }

            tally.Count(fact, policy.Now, policy.Then);
        }

        return [.. tallies.Select(t => t.Value.ToTrial(t.Key)).Where(t => !t.IsUnchanged).OrderByDescending(t => t.Batches).ThenBy(t => t.Peer, StringComparer.Ordinal)];
    }

    private static bool IsSame(EffectivePolicy now, EffectivePolicy then) =>
        now.IdleTime.Value == then.IdleTime.Value
        && now.MaxBatchSize.Value == then.MaxBatchSize.Value
        && now.Suspension is null == then.Suspension is null;

    private sealed class Tally
    {
        private readonly HashSet<Guid> _closedEarlier = [];
        private long _batches;
        private long _smaller;
        private long _larger;
        private long _refused;
        private long _keptLonger;

        public void Count(in TrafficFact fact, EffectivePolicy now, EffectivePolicy then)
        {
            if (fact.Messages == 0)
            {
                _keptLonger += then.IdleTime.Value > fact.Silence ? 1 : 0;
                return;
            }

            _batches++;
            _smaller += fact.Messages > then.MaxBatchSize.Value ? 1 : 0;
            _larger += fact.Messages == now.MaxBatchSize.Value && then.MaxBatchSize.Value > now.MaxBatchSize.Value ? 1 : 0;
            _refused += then.Suspension is not null && now.Suspension is null ? fact.Messages : 0;
            if (fact.Silence >= then.IdleTime.Value)
            {
                _closedEarlier.Add(fact.Session);
            }
        }

        public PeerTrial ToTrial(PeerId peer) => new(peer.Key, _batches, _smaller, _larger, _refused, _closedEarlier.Count, _keptLonger);
    }
}
