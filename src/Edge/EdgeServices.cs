using EcStreamOrleans.Edge.Facts;
using EcStreamOrleans.Edge.Fallback;
using EcStreamOrleans.Edge.Nodes;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Edge;

/// <summary>What every session of an edge shares.</summary>
internal sealed class EdgeServices(
    EdgeOptions options,
    IStreamCodec codec,
    IGrainFactory grains,
    IGridAccess grid,
    FallbackRoute fallback,
    BatchForwarder forwarder,
    EdgeObserver observer,
    EdgeInstruments instruments,
    TrafficFacts facts,
    EdgeLog log,
    Maintenance maintenance,
    LivePolicy policy,
    PolicyFollower follower,
    TimeProvider clock,
    IEnumerable<IReceptionLog> receptionLogs)
{
    private readonly Lazy<IEdgeObserver> _observer = new(() => grains.CreateObjectReference<IEdgeObserver>(observer), LazyThreadSafetyMode.PublicationOnly);

    /// <summary>The node's name, unlike any other's.</summary>
    public string Name => follower.Node;

    public EdgeOptions Options => options;

    public IStreamCodec Codec => codec;

    public IGrainFactory Grains => grains;

    /// <summary>Whether grains can be called.</summary>
    public IGridAccess Grid => grid;

    /// <summary>Where sessions go while they cannot.</summary>
    public FallbackRoute Fallback => fallback;

    public BatchForwarder Forwarder => forwarder;

    /// <summary>The reference that grains give orders through. Made when first used: only then the grid is up.</summary>
    public IEdgeObserver Observer => _observer.Value;

    public EdgeInstruments Instruments => instruments;

    /// <summary>What is remembered of the traffic.</summary>
    public TrafficFacts Facts => facts;

    public EdgeLog Log => log;

    /// <summary>Whether new sessions are put off.</summary>
    public Maintenance Maintenance => maintenance;

    public LivePolicy Policy => policy;

    public PolicyFollower Follower => follower;

    public TimeProvider Clock => clock;

    /// <summary>The reception log, if it is switched on.</summary>
    public IReceptionLog? ReceptionLog { get; } = receptionLogs.FirstOrDefault();

    /// <summary>The sessions that the edge may have.</summary>
    public SessionSeats Seats { get; } = new(options.MaxSessions);

    /// <summary>Whether several peers send.</summary>
    public PeerContention Contention { get; } = new(clock);

    /// <summary>Octets of all connections under way.</summary>
    public ByteBudget Budget { get; } = new(options.BytesUnderWayPerEdge, int.MaxValue);
}
