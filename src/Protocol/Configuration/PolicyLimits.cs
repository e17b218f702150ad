namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>The defaults and ranges of the two options that a listener, a Listen or a peer may set.</summary>
public static class PolicyLimits
{
    /// <summary>The idle time where nothing sets one: that of Momentum.</summary>
    public static readonly TimeSpan DefaultIdleTime = TimeSpan.FromSeconds(300);

    /// <summary>The shortest idle time that can be set.</summary>
    public static readonly TimeSpan MinIdleTime = TimeSpan.FromSeconds(1);

    /// <summary>The longest idle time that can be set: a day, since a dead client must not hold its session for ever.</summary>
    public static readonly TimeSpan MaxIdleTime = TimeSpan.FromDays(1);

    /// <summary>The batch size where nothing sets one: that of Momentum.</summary>
    public const int DefaultMaxBatchSize = 10_000;

    /// <summary>The smallest batch size that can be set.</summary>
    public const int MinMaxBatchSize = 1;
}
