namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// Finds the policy of a peer: for each option on its own, the first scope that sets it, in this order:
/// <list type="number">
/// <item>the <c>Peer</c> scopes of the Listen that hold the peer's address, the longest prefix first;</item>
/// <item>the <c>Peer</c> scopes of the ECStream_Listener in the same way;</item>
/// <item>the Listen;</item>
/// <item>the ECStream_Listener;</item>
/// <item>the pathway, then the group it stands in;</item>
/// <item>the global scope;</item>
/// <item>the defaults.</item>
/// </list>
/// What is set at a <c>Peer</c> scope while the grid runs stands where that scope stands and wins over the file there.
/// </summary>
/// <remarks>
/// The container counts before the length of the prefix: a Peer scope of the Listen wins over every Peer scope of the
/// ECStream_Listener.
/// </remarks>
public static class PolicyEvaluator
{
    /// <summary>The origin of a value that no scope sets.</summary>
    public const string DefaultOrigin = "default";

    /// <summary>The policy of a peer on a Listen.</summary>
    /// <param name="configuration">The file configuration.</param>
    /// <param name="overrides">What is set while the grid runs.</param>
    /// <param name="listenAddress">
    /// The Listen's address in any spelling. An address that the file has no Listen for, such as that of a listener that a
    /// reload has just removed, falls back to the ECStream_Listener.
    /// </param>
    /// <param name="peer">The peer; that of the Unix sockets has the Peer scopes of 127.0.0.1, then those of ::1.</param>
    public static EffectivePolicy Evaluate(
        GridConfiguration configuration, OverrideSet overrides, string listenAddress, PeerId peer)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(overrides);
        var listen = configuration.FindListen(listenAddress);
        var fallback = new Fallback();
        fallback.Try(LevelOf(overrides, listen, listenAddress), listen?.Peers, peer);
        overrides.TryGetLevel("", out var level);
        fallback.Try(level, configuration.Peers, peer);
        return fallback.Finish(listen?.Level, configuration.Listener, listen is null ? configuration.Pathway : listen.Pathway, configuration.Global);
    }

    /// <summary>Whether a Peer scope, of the Listen or of the ECStream_Listener, holds the peer's address, whatever it sets.</summary>
    /// <param name="configuration">The file configuration.</param>
    /// <param name="overrides">What is set while the grid runs; a scope that only suspends admits nobody.</param>
    /// <param name="listenAddress">The Listen's address in any spelling; without such a Listen its Peer scopes do not count.</param>
    /// <param name="peer">The peer.</param>
    public static bool MatchesPeerScope(GridConfiguration configuration, OverrideSet overrides, string listenAddress, PeerId peer)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(overrides);
        var listen = configuration.FindListen(listenAddress);
        return configuration.Peers.Find(peer).Any
            || (listen?.Peers.Find(peer).Any ?? false)
            || (overrides.TryGetLevel("", out var level) && Holds(level, peer))
            || (LevelOf(overrides, listen, listenAddress) is { } own && Holds(own, peer));
    }

    /// <summary>The policy on a Listen of a peer that nothing is set for.</summary>
    internal static EffectivePolicy Resolve(PolicyLevel listen, PolicyLevel listener, PathwayOptions? pathway, PolicyLevel global) =>
        new Fallback().Finish(listen, listener, pathway, global);

    private static OverrideLevel? LevelOf(OverrideSet overrides, ListenEndpointOptions? listen, string listenAddress)
    {
        if (!overrides.HasListens)
        {
            return null;
        }

        var key = listen?.Key ?? (ListenAddress.TryParse(listenAddress, out var target, out _) ? target.Text : listenAddress);
        return overrides.TryGetLevel(key, out var level) ? level : null;
    }

    private static bool Holds(OverrideLevel level, PeerId peer)
    {
        return peer.Block is { } address ? HoldsAddress(address) : HoldsAddress(CidrBlock.LoopbackIPv4) || HoldsAddress(CidrBlock.LoopbackIPv6);

        bool HoldsAddress(CidrBlock address)
        {
            foreach (var (_, found) in level.Find(address))
            {
                if (found.IdleTime is not null || found.MaxBatchSize is not null)
                {
                    return true;
                }
            }

            return false;
        }
    }

    // A value type: one look-up allocates its result and nothing else.
    private struct Fallback
    {
        private Effective<TimeSpan>? _idleTime;
        private Effective<int>? _maxBatchSize;

        private Effective<string>? _suspension;
        private bool _isSuspensionKnown;

        public void Try(OverrideLevel? overrides, PrefixTree<PolicyLevel>? file, PeerId peer)
        {
            if (peer.Block is { } address)
            {
                Try(overrides, file, address);
            }
            else
            {
                Try(overrides, file, CidrBlock.LoopbackIPv4);
                Try(overrides, file, CidrBlock.LoopbackIPv6);
            }
        }

        // Both sides have the longest prefix first; at the same block the override goes before the file.
        private void Try(OverrideLevel? overrides, PrefixTree<PolicyLevel>? file, CidrBlock address)
        {
            var inFile = file is null ? default : file.FindAddress(address).GetEnumerator();
            var isInFile = file is not null && inFile.MoveNext();
            if (overrides is not null)
            {
                foreach (var (prefixLength, level) in overrides.Find(address))
                {
                    while (isInFile && inFile.Current.Key.PrefixLength > prefixLength)
                    {
                        Try(inFile.Current.Value);
                        isInFile = inFile.MoveNext();
                    }

                    Try(level);
                }
            }

            while (isInFile)
            {
                Try(inFile.Current.Value);
                isInFile = inFile.MoveNext();
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
                _maxBatchSize ?? new(PolicyLimits.DefaultMaxBatchSize, DefaultOrigin),
                _suspension);
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

            if (level?.Suspended is { } suspended && !_isSuspensionKnown)
            {
                _isSuspensionKnown = true;
                _suspension = suspended ? new(level.SuspendedReason ?? "", level.Origin) : null;
            }
        }
    }
}
