using EcStreamOrleans.Azure.Providers;
using EcStreamOrleans.Azure.Providers.Clustering;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Clustering.AzureStorage;
using Orleans.Messaging;

namespace Orleans.Hosting;

/// <summary>Clusters whose membership is in an Azure table, called as with Orleans' own package.</summary>
public static class AzureTableClusteringExtensions
{
    /// <summary>The silo joins the cluster that the table has.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configureOptions">Sets the options.</param>
    public static ISiloBuilder UseAzureStorageClustering(this ISiloBuilder builder, Action<AzureStorageClusteringOptions> configureOptions) =>
        builder.UseAzureStorageClustering((OptionsBuilder<AzureStorageClusteringOptions> options) => options.Configure(configureOptions));

    /// <summary>The silo joins the cluster that the table has.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configureOptions">Sets the options.</param>
    public static ISiloBuilder UseAzureStorageClustering(this ISiloBuilder builder, Action<OptionsBuilder<AzureStorageClusteringOptions>> configureOptions)
    {
        AzureStorageOptionsValidator<AzureStorageClusteringOptions>.Add(builder.Services, Options.DefaultName, configureOptions);
        builder.Services.AddSingleton<IMembershipTable, AzureMembershipTable>();
        return builder;
    }

    /// <summary>The client finds the cluster's gateways in the table.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="configureOptions">Sets the options.</param>
    public static IClientBuilder UseAzureStorageClustering(this IClientBuilder builder, Action<AzureStorageGatewayOptions> configureOptions) =>
        builder.UseAzureStorageClustering((OptionsBuilder<AzureStorageGatewayOptions> options) => options.Configure(configureOptions));

    /// <summary>The client finds the cluster's gateways in the table.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="configureOptions">Sets the options.</param>
    public static IClientBuilder UseAzureStorageClustering(this IClientBuilder builder, Action<OptionsBuilder<AzureStorageGatewayOptions>> configureOptions)
    {
        AzureStorageOptionsValidator<AzureStorageGatewayOptions>.Add(builder.Services, Options.DefaultName, configureOptions);
        builder.Services.AddSingleton<IGatewayListProvider, AzureGatewayListProvider>();
        return builder;
    }
}
