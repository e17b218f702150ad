using EcStreamOrleans.Azure.Providers;
using Orleans.Storage;

namespace Orleans.Configuration;

/// <summary>Grain state in an Azure table.</summary>
public sealed class AzureTableStorageOptions : AzureStorageOperationOptions, IStorageProviderSerializerOptions
{
    /// <summary>The table. Default: OrleansGrainState.</summary>
    public override string TableName { get; set; } = "OrleansGrainState";

    /// <summary>Whether a state that is cleared takes its row with it; otherwise the row stays, without data. Default: false.</summary>
    public bool DeleteStateOnClear { get; set; }

    /// <summary>Whether states are written as text, 480 Ki characters at most, instead of octets, 960 KiB. Either is read. Default: false.</summary>
    public bool UseStringFormat { get; set; }

    /// <summary>The stage of the silo's start at which the table is made. Default: ApplicationServices, 10000.</summary>
    public int InitStage { get; set; } = ServiceLifecycleStage.ApplicationServices;

    /// <summary>What makes octets of states. Default: the silo's serializer of this name, or else its one for all storages.</summary>
    public IGrainStorageSerializer GrainStorageSerializer { get; set; } = null!;
}
