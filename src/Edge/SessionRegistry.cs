using System.Collections.Concurrent;
using EcStreamOrleans.Grains.Nodes;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Edge;

/// <summary>The sessions of an edge and what their peers have sent.</summary>
public sealed class SessionRegistry
{
    /// <summary>A peer without a session for this long is forgotten: one seen once costs nothing later.</summary>
    private static readonly TimeSpan PeerMemory = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<Guid, EdgeSession> _sessions = new();
    private readonly SessionsByPeer _byPeer = new();
    private readonly ConcurrentDictionary<PeerId, PeerTraffic> _peers = new();
    private long _total;
    private TrafficTotals _forgotten = TrafficTotals.None;
    private readonly TimeProvider _clock;
    private TimeSpan _nextPrune;

    /// <summary>A registry without a session.</summary>
    /// <param name="policy">What peers may do; a change of it reaches every session at once.</param>
    /// <param name="clock">The time.</param>
    public SessionRegistry(LivePolicy policy, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(policy);
        _clock = clock;
        policy.Configuration.Changed += _ => Reevaluate(_sessions.Values);
        policy.Changed += changed => Reevaluate(_byPeer.In(changed));
    }

    /// <summary>Sessions open.</summary>
    public int Active => _sessions.Count;

    /// <summary>Sessions opened since the start.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>Every peer that is remembered.</summary>
    public IEnumerable<PeerTraffic> Peers => _peers.Values;

    /// <summary>Messages since the start, those of forgotten peers included.</summary>
    public TrafficTotals Totals => _peers.Values.Aggregate(_forgotten, (sum, peer) => sum.Plus(peer));

    /// <summary>Sessions open on a Listen.</summary>
    /// <param name="listen">As the configuration writes it.</param>
    public int CountOn(string listen) => _sessions.Values.Count(s => string.Equals(s.Listen, listen, StringComparison.Ordinal));

    /// <summary>Sessions as they are now, in no order.</summary>
    /// <param name="isMeant">Of which peers.</param>
    public IEnumerable<SessionSnapshot> Snapshot(Func<PeerId, bool> isMeant) =>
        from session in _sessions.Values
        where isMeant(session.Peer)
        select session.Snapshot();

    /// <summary>The peer of every session.</summary>
    public IEnumerable<PeerId> SessionPeers => _sessions.Values.Select(s => s.Peer);

    /// <summary>A session as it is now, or null if there is none (any more).</summary>
    /// <param name="session">Its id.</param>
    public SessionSnapshot? Snapshot(Guid session) => Find(session)?.Snapshot();

    /// <summary>Ends sessions: each gets the replies that it is owed first.</summary>
    /// <param name="isMeant">Which, by id and peer.</param>
    /// <param name="actor">Who wants it.</param>
    /// <param name="reason">Why; may be empty.</param>
    /// <returns>How many were told to end; those that an operator has closed before do not count.</returns>
    public int Close(Func<Guid, PeerId, bool> isMeant, string actor, string reason)
    {
        ArgumentNullException.ThrowIfNull(isMeant);
        var closed = 0;
        foreach (var (id, session) in _sessions)
        {
            if (isMeant(id, session.Peer) && session.Close(actor, reason))
            {
                closed++;
            }
        }

        return closed;
    }

    internal PeerTraffic TrafficOf(PeerId peer) => _peers.GetOrAdd(peer, static (peer, clock) => new PeerTraffic(peer, clock), _clock);

    internal void Add(EdgeSession session)
    {
        Interlocked.Increment(ref _total);
        session.Traffic.SessionOpened();
        session.OpenedAt = _clock.GetUtcNow();
        _sessions[session.Id] = session;
        _byPeer.Add(session);

        // Behind the entry: a change of policy that came just before it would not have found the session.
        session.Reevaluate();
    }

    internal void Remove(EdgeSession session)
    {
        _sessions.TryRemove(session.Id, out _);
        _byPeer.Remove(session);
        session.Traffic.SessionClosed();
    }

    internal EdgeSession? Find(Guid session) => _sessions.GetValueOrDefault(session);

    private static void Reevaluate(IEnumerable<EdgeSession> sessions)
    {
        foreach (var session in sessions)
        {
            session.Reevaluate();
        }
    }

    internal void Tick()
    {
        foreach (var (_, session) in _sessions)
        {
            session.Tick();
        }

        var now = _clock.Elapsed();
        if (now >= _nextPrune)
        {
            _nextPrune = now + TimeSpan.FromMinutes(1);
            foreach (var (peer, traffic) in _peers)
            {
                if (traffic.Sessions == 0 && traffic.SinceActivity > PeerMemory && _peers.TryRemove(peer, out _))
                {
                    _forgotten = _forgotten.Plus(traffic);
                }
            }
        }
    }
}
