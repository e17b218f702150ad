using System.Collections.Concurrent;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Edge;

/// <summary>The sessions of an edge and what their peers have sent.</summary>
/// <param name="clock">The time.</param>
public sealed class SessionRegistry(TimeProvider clock)
{
    /// <summary>A peer without a session for this long is forgotten: one seen once costs nothing later.</summary>
    private static readonly TimeSpan PeerMemory = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<Guid, EdgeSession> _sessions = new();
    private readonly ConcurrentDictionary<PeerId, PeerTraffic> _peers = new();
    private long _total;
    private TrafficTotals _forgotten = TrafficTotals.None;
    private DateTimeOffset _nextPrune;

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

    internal PeerTraffic TrafficOf(PeerId peer) => _peers.GetOrAdd(peer, static (peer, clock) => new PeerTraffic(peer, clock), clock);

    internal void Add(EdgeSession session)
    {
        Interlocked.Increment(ref _total);
        session.Traffic.SessionOpened();
        _sessions[session.Id] = session;
    }

    internal void Remove(EdgeSession session)
    {
        _sessions.TryRemove(session.Id, out _);
        session.Traffic.SessionClosed();
    }

    internal EdgeSession? Find(Guid session) => _sessions.GetValueOrDefault(session);

    internal void Tick()
    {
        foreach (var (_, session) in _sessions)
        {
            session.Tick();
        }

        var now = clock.GetUtcNow();
        if (now >= _nextPrune)
        {
            _nextPrune = now + TimeSpan.FromMinutes(1);
            foreach (var (peer, traffic) in _peers)
            {
                if (traffic.Sessions == 0 && now - traffic.LastActivity > PeerMemory && _peers.TryRemove(peer, out _))
                {
                    _forgotten = _forgotten.Plus(traffic);
                }
            }
        }
    }
}
