using EcStreamOrleans.Azure.Providers;

namespace Orleans.Clustering.AzureStorage;

/// <summary>The membership of a cluster in an Azure table, for its silos.</summary>
public sealed class AzureStorageClusteringOptions : AzureStorageOperationOptions
{
    /// <summary>The table. Default: OrleansSiloInstances.</summary>
    public override string TableName { get; set; } = "OrleansSiloInstances";
}

/// <summary>The membership of a cluster in an Azure table, for its clients.</summary>
public sealed class AzureStorageGatewayOptions : AzureStorageOperationOptions
{
    /// <summary>The table. Default: OrleansSiloInstances.</summary>
    public override string TableName { get; set; } = "OrleansSiloInstances";
}
