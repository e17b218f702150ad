using System.Diagnostics.Metrics;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Grains.Policy;

/// <summary>The policy's metrics, under the meter <see cref="MeterName"/>. Changes, their spread and followers count where the cluster's policy grain is.</summary>
public sealed class PolicyInstruments
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "EcStreamOrleans.Policy";

    // From a node in the same process to the lease of one that is gone.
    private static readonly InstrumentAdvice<double> SecondBuckets = new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] };

    private readonly Counter<long> _changes;
    private readonly Histogram<double> _spread;
    private volatile int _followers;

    /// <summary>Makes the instruments.</summary>
    /// <param name="meters">Where meters come from.</param>
    /// <param name="policy">What this node goes by.</param>
    /// <param name="follower">Whether that is the latest.</param>
    public PolicyInstruments(IMeterFactory meters, LivePolicy policy, PolicyFollower follower)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = meters.Create(MeterName);
        _changes = meter.CreateCounter<long>("ecstream.policy.changes", "{change}", "Proposed changes, by outcome.");
        _spread = meter.CreateHistogram("ecstream.policy.spread", "s", "From a change's place in the log to its last node.", advice: SecondBuckets);
        meter.CreateObservableGauge("ecstream.policy.followers", () => _followers, "{node}", "Nodes that follow the policy grain of this silo.");
        meter.CreateObservableGauge("ecstream.policy.version", () => policy.Overrides.Version, "{version}", "The version that this node goes by.");
        meter.CreateObservableGauge("ecstream.policy.stale", () => follower.Trouble is null ? 0 : 1, "{status}", "1 while this node may not go by the latest version: the policy grain or its store does not answer.");
    }

    internal int Followers
    {
        set => _followers = value;
    }

    internal void Proposed(string outcome) => _changes.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    internal void Spread(TimeSpan slowest) => _spread.Record(slowest.TotalSeconds);
}
