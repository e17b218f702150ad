namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// Finds the policy of a peer: for each option on its own, the first scope that sets it, in this order:
/// <list type="number">
/// <item>the <c>Peer</c> scopes of the Listen that hold the peer's address, the longest prefix first;</item>
/// <item>what is set for the peer while the grid runs, then the <c>Peer</c> scopes of the ECStream_Listener in the same way;</item>
/// <item>the Listen;</item>
/// <item>the ECStream_Listener;</item>
/// <item>the pathway, then the group it stands in;</item>
/// <item>the global scope;</item>
/// <item>the defaults.</item>
/// </list>
/// </summary>
/// <remarks>
/// The container counts before the length of the prefix: a Peer scope of the Listen wins over every Peer scope of the
/// ECStream_Listener. What is set while the grid runs addresses one peer at the ECStream_Listener, so the file can still say
/// otherwise for one Listen.
/// </remarks>
public static class PolicyEvaluator
{
    /// <summary>The origin of a value that no scope sets.</summary>
    public const string DefaultOrigin = "default";

    /// <summary>The policy of a peer on a Listen.</summary>
    /// <param name="configuration">The file configuration.</param>
    /// <param name="overrides">What is set for the peer.</param>
    /// <param name="listenAddress">
    /// The Listen's address in any spelling. An address that the file has no Listen for, such as that of a listener that a
    /// reload has just removed, falls back to the ECStream_Listener.
    /// </param>
    /// <param name="peer">The peer; that of the Unix sockets has the Peer scopes of 127.0.0.1, then those of ::1.</param>
    public static EffectivePolicy Evaluate(
        GridConfiguration configuration, PeerOverrides overrides, string listenAddress, PeerId peer)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(overrides);
        var listen = configuration.FindListen(listenAddress);
        var fallback = new Fallback();
        if (listen is not null)
        {
            fallback.Try(listen.Peers, peer);
        }

        fallback.Try(overrides, peer);
        fallback.Try(configuration.Peers, peer);
        return fallback.Finish(listen?.Level, configuration.Listener, listen is null ? configuration.Pathway : listen.Pathway, configuration.Global);
    }

    /// <summary>Whether a Peer scope, of the Listen or of the ECStream_Listener, holds the peer's address, whatever it sets.</summary>
    /// <param name="configuration">The file configuration.</param>
    /// <param name="listenAddress">The Listen's address in any spelling; without such a Listen its Peer scopes do not count.</param>
    /// <param name="peer">The peer.</param>
    public static bool MatchesPeerScope(GridConfiguration configuration, string listenAddress, PeerId peer)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return configuration.Peers.Find(peer).Any
            || (configuration.FindListen(listenAddress)?.Peers.Find(peer).Any ?? false);
    }

    /// <summary>The policy on a Listen of a peer that nothing is set for.</summary>
    internal static EffectivePolicy Resolve(PolicyLevel listen, PolicyLevel listener, PathwayOptions? pathway, PolicyLevel global) =>
        new Fallback().Finish(listen, listener, pathway, global);

    // A value type: one look-up allocates its result and nothing else.
    private struct Fallback
    {
        private Effective<TimeSpan>? _idleTime;
        private Effective<int>? _maxBatchSize;

        private readonly bool IsComplete => _idleTime is not null && _maxBatchSize is not null;

        public void Try(PrefixTree<PolicyLevel> peers, PeerId peer)
        {
            foreach (var match in peers.Find(peer))
            {
                Try(match.Value);
                if (IsComplete)
                {
                    return;
                }
            }
        }

        public void Try(PeerOverrides overrides, PeerId peer)
        {
            if (overrides.IdleTime is not null || overrides.MaxBatchSize is not null)
            {
                var origin = ScopePath.Of(ScopePath.Listener, Vocabulary.Peer, peer.Key);
                Try(new PolicyLevel(origin, overrides.IdleTime, overrides.MaxBatchSize));
            }
        }

        public EffectivePolicy Finish(PolicyLevel? listen, PolicyLevel listener, PathwayOptions? pathway, PolicyLevel global)
        {
            Try(listen);
            Try(listener);
            Try(pathway?.Level);
            Try(pathway?.Group);
            Try(global);
            return new EffectivePolicy(
                _idleTime ?? new(PolicyLimits.DefaultIdleTime, DefaultOrigin),
                _maxBatchSize ?? new(PolicyLimits.DefaultMaxBatchSize, DefaultOrigin));
        }

        private void Try(PolicyLevel? level)
        {
            if (level?.IdleTime is { } time)
            {
                _idleTime ??= new(time, level.Origin);
            }

            if (level?.MaxBatchSize is { } size)
            {
                _maxBatchSize ??= new(size, level.Origin);
            }
        }
    }
}
