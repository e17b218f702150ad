using EcStreamOrleans.Azure.Providers;
using EcStreamOrleans.Azure.Providers.Reminders;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Reminders.AzureStorage;

namespace Orleans.Hosting;

/// <summary>Reminders in an Azure table, called as with Orleans' own package.</summary>
public static class AzureStorageReminderExtensions
{
    /// <summary>Reminders in an Azure table.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="connectionString">The account.</param>
    public static ISiloBuilder UseAzureTableReminderService(this ISiloBuilder builder, string connectionString) =>
        builder.UseAzureTableReminderService((AzureTableReminderStorageOptions options) => options.ConfigureTableServiceClient(connectionString));

    /// <summary>Reminders in an Azure table.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configure">Sets the options.</param>
    public static ISiloBuilder UseAzureTableReminderService(this ISiloBuilder builder, Action<AzureTableReminderStorageOptions> configure) =>
        builder.UseAzureTableReminderService((OptionsBuilder<AzureTableReminderStorageOptions> options) => options.Configure(configure));

    /// <summary>Reminders in an Azure table.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configureOptions">Sets the options.</param>
    public static ISiloBuilder UseAzureTableReminderService(this ISiloBuilder builder, Action<OptionsBuilder<AzureTableReminderStorageOptions>> configureOptions)
    {
        AzureStorageOptionsValidator<AzureTableReminderStorageOptions>.Add(builder.Services, Options.DefaultName, configureOptions);
        builder.Services.AddReminders();
        builder.Services.AddSingleton<IReminderTable, AzureReminderTable>();
        return builder;
    }
}
