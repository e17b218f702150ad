namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>A cluster by tables: what its silos and edges are told of it.</summary>
/// <param name="azurite">Where its membership is, and its state unless <paramref name="state"/> says otherwise.</param>
/// <param name="id">Its name; clusters on one store differ in it.</param>
/// <param name="state">Where its state is.</param>
internal sealed class ClusterPlace(Azurite azurite, string id = "two", Azurite? state = null)
{
    public string[] Arguments =>
    [
        $"--Grid:ClusterId={id}", "--Grid:Clustering:Kind=AzureTables", $"--Grid:Clustering:ConnectionString={azurite.ConnectionString}", $"--Grid:Clustering:TablePrefix={id}",
        "--Grid:Storage:Kind=AzureTables", $"--Grid:Storage:ConnectionString={(state ?? azurite).ConnectionString}", "--Grid:Storage:TablePrefix=grid",
    ];

    public string[] SiloArguments => [.. Arguments, "--Grid:Clustering:AdvertisedAddress=127.0.0.1"];

    /// <summary>Connection strings are taken in development only.</summary>
    public static string[] EnvironmentOf(ClusterPlace? cluster) => cluster is null ? [] : ["DOTNET_ENVIRONMENT=Development"];
}
