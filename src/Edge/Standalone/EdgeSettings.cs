using EcStreamOrleans.Edge.Facts;
using EcStreamOrleans.Edge.Fallback;
using EcStreamOrleans.Edge.Receptions;
using EcStreamOrleans.Hosting;

namespace EcStreamOrleans.Edge.Standalone;

/// <summary>The settings of a separate edge. What they share with those of a silo has the same names there.</summary>
internal sealed class EdgeSettings : NodeSettings
{
    public EdgeSettings() => Health = "http://127.0.0.1:8026";

    /// <summary>How the edge finds the silos.</summary>
    public ClusteringSettings Clustering { get; set; } = new();

    /// <summary>The limits of the edge.</summary>
    public EdgeOptions Limits { get; set; } = new();

    /// <summary>What is remembered of the traffic.</summary>
    public FactsOptions Facts { get; set; } = new();

    /// <summary>Where sessions go while no silo can be reached.</summary>
    public FallbackOptions Fallback { get; set; } = new();

    /// <summary>The reception log.</summary>
    public ReceptionLogOptions ReceptionLog { get; set; } = new();

    protected override ClusteringSettings Membership => Clustering;

    /// <summary>Reads and checks the section.</summary>
    /// <param name="configuration">The whole configuration.</param>
    /// <param name="errors">Takes a sentence for everything that is wrong: unknown keys, values of the wrong kind, values out of range.</param>
    public static EdgeSettings Read(IConfiguration configuration, List<string> errors)
    {
        var settings = new EdgeSettings();
        SettingsBinder.Bind(configuration.GetSection("Grid"), settings, errors, static _ => false);
        errors.AddRange(settings.Limits.Validate());
        errors.AddRange(settings.Facts.Validate());
        errors.AddRange(settings.Fallback.FindErrors());
        errors.AddRange(settings.FindErrors());
        return settings;
    }
}
