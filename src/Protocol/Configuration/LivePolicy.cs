namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>What peers may do now, as one node knows it: the configuration file in effect, and what is set beside it while the grid runs.</summary>
/// <param name="configuration">The file.</param>
public sealed class LivePolicy(LiveConfiguration configuration)
{
    private volatile OverrideSet _overrides = OverrideSet.Empty;

    /// <summary>
    /// Called behind every change of the overrides, by the thread that made it, with the scopes that changed. A change of the file is
    /// told by <see cref="LiveConfiguration.Changed"/>.
    /// </summary>
    public event Action<IReadOnlyCollection<PeerScope>>? Changed;

    /// <summary>The file.</summary>
    public LiveConfiguration Configuration => configuration;

    /// <summary>What is set beside it; nothing in it has ended.</summary>
    public OverrideSet Overrides => _overrides;

    /// <summary>What a peer may do on a Listen.</summary>
    /// <param name="listen">The Listen's address in any spelling.</param>
    /// <param name="peer">The peer.</param>
    public EffectivePolicy Evaluate(string listen, PeerId peer) => PolicyEvaluator.Evaluate(configuration.Grid, _overrides, listen, peer);

    /// <summary>Whether a Peer scope, of the file or set beside it, holds the peer's address.</summary>
    /// <param name="listen">The Listen's address in any spelling.</param>
    /// <param name="peer">The peer.</param>
    public bool MatchesPeerScope(string listen, PeerId peer) => PolicyEvaluator.MatchesPeerScope(configuration.Grid, _overrides, listen, peer);

    /// <summary>Puts other overrides into effect. Calls must not overlap.</summary>
    /// <param name="next">What is set from now on.</param>
    /// <param name="changed">The scopes where it differs from what was.</param>
    public void Swap(OverrideSet next, IReadOnlyCollection<PeerScope> changed)
    {
        ArgumentNullException.ThrowIfNull(next);
        _overrides = next;
        Changed?.Invoke(changed);
    }
}
