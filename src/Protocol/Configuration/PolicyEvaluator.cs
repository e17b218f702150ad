namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Finds the policy of a peer: for each option on its own, the innermost scope that sets it.</summary>
public static class PolicyEvaluator
{
    /// <summary>The origin of a value that no scope sets.</summary>
    public const string DefaultOrigin = "default";

    /// <summary>
    /// The policy of a peer on a Listen. What is set for the peer wins over the Listen, that over the ECStream_Listener,
    /// that over the global scope, that over the defaults.
    /// </summary>
    /// <param name="configuration">The file configuration.</param>
    /// <param name="overrides">What is set for the peer.</param>
    /// <param name="listenAddress">
    /// The Listen's address in any spelling. An address that the file has no Listen for, such as that of a listener that a
    /// reload has just removed, falls back to the ECStream_Listener.
    /// </param>
    public static EffectivePolicy Evaluate(GridConfiguration configuration, PeerOverrides overrides, string listenAddress)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(overrides);
        var peer = new PolicyLevel(overrides.Origin, overrides.IdleTime, overrides.MaxBatchSize);
        return configuration.FindListen(listenAddress) is { } listen
            ? Resolve([peer, listen.Level, configuration.Listener, configuration.Global])
            : Resolve([peer, configuration.Listener, configuration.Global]);
    }

    /// <summary>Resolves a chain of scopes, innermost first.</summary>
    internal static EffectivePolicy Resolve(ReadOnlySpan<PolicyLevel> innermostFirst)
    {
        var idleTime = new Effective<TimeSpan>(PolicyLimits.DefaultIdleTime, DefaultOrigin);
        var maxBatchSize = new Effective<int>(PolicyLimits.DefaultMaxBatchSize, DefaultOrigin);
        for (var i = innermostFirst.Length - 1; i >= 0; i--)
        {
            var level = innermostFirst[i];
            if (level.IdleTime is { } time)
            {
                idleTime = new(time, level.Origin);
            }

            if (level.MaxBatchSize is { } size)
            {
                maxBatchSize = new(size, level.Origin);
            }
        }

        return new EffectivePolicy(idleTime, maxBatchSize);
    }
}
