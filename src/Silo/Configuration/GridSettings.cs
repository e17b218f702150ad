using EcStreamOrleans.Edge;
using EcStreamOrleans.Edge.Facts;
using EcStreamOrleans.Edge.Fallback;
using EcStreamOrleans.Edge.Receptions;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Silo.Admin.Access;
using EcStreamOrleans.Silo.Relay;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Configuration;

/// <summary>The settings of a silo that are not Momentum's.</summary>
internal sealed class GridSettings : NodeSettings
{
    /// <summary>The directory for state and spool; <c>--data</c>. Default: <c>data</c> in the current directory, so that a first try needs no rights.</summary>
    public string Data { get; set; } = "data";

    /// <summary>
    /// Where the admin listener is; <c>--admin</c>. Off loopback it needs <see cref="AdminKeys"/> or <see cref="Entra"/>, and https. Default:
    /// http://127.0.0.1:8025, where whoever is on this machine may do everything.
    /// </summary>
    public string Admin { get; set; } = "http://127.0.0.1:8025";

    /// <summary>The file of the admin listener's keys. With it a token is needed on loopback as well. Default: none.</summary>
    public string? AdminKeys { get; set; }

    /// <summary>The certificate of the admin listener with its chain, PEM; for https. Default: none.</summary>
    public string? AdminCertificate { get; set; }

    /// <summary>The private key of <see cref="AdminCertificate"/>, PEM. Default: none.</summary>
    public string? AdminCertificateKey { get; set; }

    /// <summary>Whether tokens may come to an address off loopback in the clear, since something in front terminates TLS. Default: false.</summary>
    public bool AllowPlainAdmin { get; set; }

    /// <summary>Whether the admin listener shows Orleans' dashboard, at /dashboard; on every silo or none. Default: false, since it measures grains' calls while somebody looks.</summary>
    public bool AdminDashboard { get; set; }

    /// <summary>Sign-in to the admin listener by Microsoft Entra ID.</summary>
    public EntraOptions Entra { get; set; } = new();

    /// <summary>The port of the silo among silos. Range: 1 to 65535. Default: 11111, Orleans' own.</summary>
    public int SiloPort { get; set; } = 11_111;

    /// <summary>How the silo and others find one another.</summary>
    public SiloClusteringSettings Clustering { get; set; } = new();

    /// <summary>Who may inject.</summary>
    public AdmissionOptions Admission { get; set; } = new();

    /// <summary>How the policy is kept.</summary>
    public PolicyOptions Policy { get; set; } = new();

    /// <summary>The limits of the edge.</summary>
    public EdgeOptions Limits { get; set; } = new();

    /// <summary>The spool; its directory is <c>spool</c> in <see cref="Data"/>.</summary>
    public SpoolSettings Spool { get; set; } = new();

    /// <summary>What is remembered of the traffic.</summary>
    public FactsOptions Facts { get; set; } = new();

    /// <summary>The relay.</summary>
    public RelayOptions Relay { get; set; } = new();

    /// <summary>Where sessions go while this silo has no part in the cluster.</summary>
    public FallbackOptions Fallback { get; set; } = new();

    /// <summary>The reception log.</summary>
    public ReceptionLogOptions ReceptionLog { get; set; } = new();

    /// <summary>Whether the admin listener wants a token of whoever asks.</summary>
    internal bool AsksForTokens => AdminKeys is not null || Entra.IsUsed;

    protected override ClusteringSettings Membership => Clustering;

    // Without a gateway nobody comes in but through the silo's own edge.
    protected override int MinGatewayPort => 0;

    /// <summary>Reads and checks the section.</summary>
    /// <param name="configuration">The whole configuration.</param>
    /// <param name="errors">Takes a sentence for everything that is wrong: unknown keys, values of the wrong kind, values out of range.</param>
    public static GridSettings Read(IConfiguration configuration, List<string> errors)
    {
        var section = configuration.GetSection("Grid");
        var settings = new GridSettings();
        // The spool's directory follows from Grid:Data.
        SettingsBinder.Bind(section, settings, errors, static p => p.DeclaringType == typeof(SpoolOptions) && p.Name == nameof(SpoolOptions.Directory));
        settings.Spool.Directory = Path.Combine(Path.GetFullPath(settings.Data), "spool");
        errors.AddRange(settings.Policy.Validate());
        errors.AddRange(settings.Limits.Validate());
        errors.AddRange(settings.Facts.Validate());
        errors.AddRange(settings.Fallback.FindErrors());
        errors.AddRange(settings.Relay.Validate());
        errors.AddRange(settings.Spool.FindErrors());
        errors.AddRange(settings.Spool.FindCopyErrors(settings.Clustering));
        errors.AddRange(settings.FindErrors());
        errors.AddRange(settings.Clustering.FindSiloErrors(settings.Storage, settings.Transport));
        if (SettingRange.Check("Grid:SiloPort", settings.SiloPort, 1, 65_535) is { } badPort)
        {
            errors.Add(badPort);
        }
        else if (settings.SiloPort == settings.GatewayPort)
        {
            errors.Add($"Grid:GatewayPort = {settings.GatewayPort}: is Grid:SiloPort, too; the two need a port each.");
        }

        errors.AddRange(AdminSettings.FindErrors(settings));
        return settings;
    }
}
