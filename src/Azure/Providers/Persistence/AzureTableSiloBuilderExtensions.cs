using EcStreamOrleans.Azure.Providers;
using EcStreamOrleans.Azure.Providers.Persistence;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Storage;

namespace Orleans.Hosting;

/// <summary>Grain state in Azure tables, called as with Orleans' own package.</summary>
public static class AzureTableSiloBuilderExtensions
{
    /// <summary>The default storage of grains.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configureOptions">Sets the options.</param>
    public static ISiloBuilder AddAzureTableGrainStorageAsDefault(this ISiloBuilder builder, Action<AzureTableStorageOptions> configureOptions) =>
        builder.AddAzureTableGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configureOptions);

    /// <summary>A storage of grains.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">Its name.</param>
    /// <param name="configureOptions">Sets the options.</param>
    public static ISiloBuilder AddAzureTableGrainStorage(this ISiloBuilder builder, string name, Action<AzureTableStorageOptions> configureOptions) =>
        builder.AddAzureTableGrainStorage(name, (OptionsBuilder<AzureTableStorageOptions> options) => options.Configure(configureOptions));

    /// <summary>The default storage of grains.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configureOptions">Sets the options.</param>
    public static ISiloBuilder AddAzureTableGrainStorageAsDefault(this ISiloBuilder builder, Action<OptionsBuilder<AzureTableStorageOptions>>? configureOptions = null) =>
        builder.AddAzureTableGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configureOptions);

    /// <summary>A storage of grains.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">Its name.</param>
    /// <param name="configureOptions">Sets the options.</param>
    public static ISiloBuilder AddAzureTableGrainStorage(this ISiloBuilder builder, string name, Action<OptionsBuilder<AzureTableStorageOptions>>? configureOptions = null)
    {
        AzureStorageOptionsValidator<AzureTableStorageOptions>.Add(builder.Services, name, configureOptions);
        builder.Services.AddTransient<IPostConfigureOptions<AzureTableStorageOptions>, DefaultStorageProviderSerializerOptionsConfigurator<AzureTableStorageOptions>>();
        builder.Services.AddGrainStorage(name, AzureTableGrainStorage.Create);
        return builder;
    }
}
