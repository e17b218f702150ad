using EcStreamOrleans.Hosting;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Configuration;

/// <summary>The spool's limits, and the copies of what is in it on other silos: section <c>Grid:Spool</c>.</summary>
internal sealed class SpoolSettings : SpoolOptions
{
    /// <summary>
    /// On how many silos a batch is durable before it is acknowledged. Range: 1 to 2. Default: 1, the disk of the silo that took it; 2 costs about twice the work.
    /// </summary>
    public int Copies { get; set; } = 1;

    /// <summary>What happens to mail while no other silo is there to hold a copy. Default: Refuse.</summary>
    public WhenAlone WhenAlone { get; set; } = WhenAlone.Refuse;

    /// <summary>
    /// How long a silo that comes back waits for those that hold its copies, to hear what they have delivered, before it delivers what it finds in its spool.
    /// Range: 0 s to 1 h. Default: 30 s, in which a silo that was started at the same time is there, too.
    /// </summary>
    public TimeSpan ReturnTime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a silo that stopped in order may be away before the holder of its copies delivers them. Range: 0 s to 1 day. Default: 10 min, longer than a
    /// restart for an upgrade.
    /// </summary>
    public TimeSpan AbsenceTime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>What is wrong with the copies: a sentence a fault.</summary>
    /// <param name="clustering">How silos find one another.</param>
    public IEnumerable<string> FindCopyErrors(ClusteringSettings clustering)
    {
        if (Copies > 1 && clustering.Kind == ClusteringKind.Localhost)
        {
            yield return $"Grid:Spool:Copies = {Copies}: needs Grid:Clustering:Kind=AzureTables, since a silo by itself has nowhere to keep a copy.";
        }

        foreach (var error in new[]
        {
            SettingRange.Check("Grid:Spool:Copies", Copies, 1, 2),
            SettingRange.Check("Grid:Spool:ReturnTime", ReturnTime.TotalSeconds, 0, 3_600),
            SettingRange.Check("Grid:Spool:AbsenceTime", AbsenceTime.TotalSeconds, 0, 86_400),
        }.OfType<string>())
        {
            yield return error;
        }
    }
}

/// <summary>What happens to mail while no other silo is there to hold a copy.</summary>
internal enum WhenAlone
{
    /// <summary>It is put off.</summary>
    Refuse,

    /// <summary>It is taken with one copy; the second is made when there is another silo.</summary>
    GoOn,
}
