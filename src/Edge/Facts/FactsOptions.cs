using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Edge.Facts;

/// <summary>What a node remembers of its traffic to try changes of policy on, <c>Grid:Facts</c>.</summary>
public sealed class FactsOptions
{
    /// <summary>
    /// Batches that are remembered; 0 switches it off. Range: 0 to 10,000,000. Default: 250,000, 18 MB when there are that many:
    /// an hour at 70 batches a second.
    /// </summary>
    public int MaxBatches { get; set; } = 250_000;

    /// <summary>For how long. Range: 1 min to 7 d. Default: 6 h, a shift's worth.</summary>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromHours(6);

    /// <summary>What is wrong with the values: one sentence a fault, naming the setting, the value and the range.</summary>
    public IEnumerable<string> Validate() => new[]
    {
        SettingRange.Check("Grid:Facts:MaxBatches", MaxBatches, 0, 10_000_000),
        SettingRange.Check("Grid:Facts:MaxAge", MaxAge.TotalSeconds, 60, 604_800),
    }.OfType<string>();
}
