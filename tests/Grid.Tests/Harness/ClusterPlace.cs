namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>A cluster by tables: what its silos and edges are told of it.</summary>
internal sealed class ClusterPlace(Azurite azurite)
{
    public string[] Arguments =>
    [
        "--Grid:ClusterId=two", "--Grid:Clustering:Kind=AzureTables",
        "--Grid:Storage:Kind=AzureTables", $"--Grid:Storage:ConnectionString={azurite.ConnectionString}", "--Grid:Storage:TablePrefix=grid",
    ];

    public string[] SiloArguments => [.. Arguments, "--Grid:Clustering:AdvertisedAddress=127.0.0.1"];

    /// <summary>Connection strings are taken in development only.</summary>
    public static string[] EnvironmentOf(ClusterPlace? cluster) => cluster is null ? [] : ["DOTNET_ENVIRONMENT=Development"];
}
