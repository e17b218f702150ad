using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Edge;

/// <summary>Finds the sessions of a peer: a change of policy at one address must not cost a look at every session of the edge.</summary>
internal sealed class SessionsByPeer
{
    private readonly Lock _lock = new();

    // A peer with one session, the usual case, costs an entry and no set.
    private readonly Dictionary<PeerId, object> _sessions = [];

    public void Add(EdgeSession session)
    {
        lock (_lock)
        {
            if (_sessions.TryAdd(session.Peer, session))
            {
                return;
            }

            if (_sessions[session.Peer] is not HashSet<EdgeSession> several)
            {
                _sessions[session.Peer] = several = [(EdgeSession)_sessions[session.Peer]];
            }

            several.Add(session);
        }
    }

    public void Remove(EdgeSession session)
    {
        lock (_lock)
        {
            if (!_sessions.TryGetValue(session.Peer, out var known))
            {
                return;
            }

            if (known is HashSet<EdgeSession> several ? several.Remove(session) && several.Count == 0 : known == session)
            {
                _sessions.Remove(session.Peer);
            }
        }
    }

    /// <summary>The sessions of the peers that any of the scopes holds, each once.</summary>
    public IReadOnlyCollection<EdgeSession> In(IReadOnlyCollection<PeerScope> scopes)
    {
        var found = new HashSet<EdgeSession>();
        var blocks = new List<CidrBlock>();
        lock (_lock)
        {
            foreach (var block in scopes.Select(scope => scope.Block))
            {
                if (block.Address is { } address && !block.Holds(PeerId.Unix))
                {
                    AddAll(PeerId.From(address));
                }
                else
                {
                    blocks.Add(block);
                }
            }

            if (blocks.Count > 0)
            {
                foreach (var peer in _sessions.Keys.Where(peer => blocks.Exists(block => block.Holds(peer))))
                {
                    AddAll(peer);
                }
            }
        }

        return found;

        void AddAll(PeerId peer)
        {
            if (_sessions.TryGetValue(peer, out var known))
            {
                found.UnionWith(known as IEnumerable<EdgeSession> ?? [(EdgeSession)known]);
            }
        }
    }
}
