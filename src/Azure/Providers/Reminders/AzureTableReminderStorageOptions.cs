using EcStreamOrleans.Azure.Providers;

namespace Orleans.Reminders.AzureStorage;

/// <summary>Reminders in an Azure table.</summary>
public sealed class AzureTableReminderStorageOptions : AzureStorageOperationOptions
{
    /// <summary>The table. Default: OrleansReminders.</summary>
    public override string TableName { get; set; } = "OrleansReminders";
}
