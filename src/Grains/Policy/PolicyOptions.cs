using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Grains.Policy;

/// <summary>How the policy is kept, <c>Grid:Policy</c>.</summary>
public sealed class PolicyOptions
{
    /// <summary>
    /// How often the log is read for changes of other clusters on the same store. Range: 50 ms to 1 min. Default: 1 s, which has them in effect
    /// within two and costs one look-up that finds nothing.
    /// </summary>
    public TimeSpan PollPeriod { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>What is wrong with the values: one sentence a fault.</summary>
    public IEnumerable<string> Validate() =>
        SettingRange.Check("Grid:Policy:PollPeriod", PollPeriod.TotalSeconds, 0.05, 60) is { } fault ? [fault] : [];
}
