using EcStreamOrleans.Grains;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Transport;
using Microsoft.Extensions.Hosting;

namespace EcStreamOrleans.Hosting;

/// <summary>
/// The settings that every program of the grid has: section <c>Grid</c> of the .NET configuration (environment variables
/// <c>Grid__…</c>, command line <c>--Grid:…</c>, appsettings.json).
/// </summary>
public abstract class NodeSettings
{
    /// <summary>The configuration file in Momentum's grammar; <c>--conf</c>. Default: none, a listener on 127.0.0.1:1825.</summary>
    public string? Conf { get; set; }

    /// <summary>
    /// Whether an option that is not valid in a Peer scope is an error; otherwise it is ignored with a warning.
    /// Default: true.
    /// </summary>
    public bool Strict { get; set; } = true;

    /// <summary>The name of the service: state belongs to it. Default: ecstream.</summary>
    public string ServiceId { get; set; } = "ecstream";

    /// <summary>The name of the cluster. Default: single.</summary>
    public string ClusterId { get; set; } = "single";

    /// <summary>Where grain state and policy log are kept.</summary>
    public StorageSettings Storage { get; set; } = new();

    /// <summary>Where silos take clients; a separate edge is one. Range: 1 to 65535; a silo takes 0 for none. Default: 30000, Orleans' own.</summary>
    public int GatewayPort { get; set; } = 30_000;

    /// <summary>
    /// A listener that answers <c>/healthz</c> and <c>/metrics</c> and nothing else, so that it may be off loopback without credentials. Default: none on a
    /// silo, whose admin listener answers them too; http://127.0.0.1:8026 on an edge.
    /// </summary>
    public string? Health { get; set; }

    /// <summary>How the connections among nodes are protected and carried.</summary>
    public TransportSettings Transport { get; set; } = new();

    /// <summary>What the files of <see cref="Transport"/> hold; null where it uses no TLS, and before they are read.</summary>
    public TransportCredentials? TransportCredentials { get; private set; }

    /// <summary>Which batches are traced, and where their spans go.</summary>
    public TracingOptions Tracing { get; set; } = new();

    /// <summary>How the program finds the silos.</summary>
    protected internal abstract ClusteringSettings Membership { get; }

    /// <summary>The least that <see cref="GatewayPort"/> may be.</summary>
    protected virtual int MinGatewayPort => 1;

    /// <summary>What is wrong with the settings that every program has: a sentence a fault.</summary>
    public IEnumerable<string> FindErrors()
    {
        foreach (var error in Storage.FindErrors().Concat(Membership.FindErrors(Storage)).Concat(Tracing.Validate()).Concat(Transport.FindErrors()))
        {
            yield return error;
        }

        if (SettingRange.Check("Grid:GatewayPort", GatewayPort, MinGatewayPort, 65_535) is { } badPort)
        {
            yield return badPort;
        }

        if (Health is not null && HealthListener.FindError(Health) is { } badHealth)
        {
            yield return badHealth;
        }
    }

    /// <summary>Reads the files that the settings name.</summary>
    /// <param name="errors">Takes a sentence for everything that is wrong with them.</param>
    internal void ReadFiles(List<string> errors)
    {
        if (!Transport.UsesTls)
        {
            return;
        }

        try
        {
            TransportCredentials = EcStreamOrleans.Transport.TransportCredentials.Read(Transport);
        }
        catch (TransportCredentialsException error)
        {
            errors.AddRange(error.Errors);
        }
    }

    /// <summary>What must not be given outside of development.</summary>
    /// <param name="environment">Where the program runs.</param>
    internal IEnumerable<string> FindSecrets(IHostEnvironment environment) => environment.IsDevelopment()
        ? []
        : new[] { ("Storage", Storage.ConnectionString), ("Clustering", Membership.ConnectionString) }
            .Where(section => section.Item2 is not null)
            .Select(section => $"Grid:{section.Item1}:ConnectionString has the account's key and is for development: use Grid:{section.Item1}:ServiceUri and a managed identity, or set DOTNET_ENVIRONMENT=Development.");
}
