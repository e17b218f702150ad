using Azure;
using Azure.Data.Tables;
using EcStreamOrleans.Azure.Tables;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Configuration.Overrides;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace EcStreamOrleans.Azure.Providers.Persistence;

/// <summary>
/// Grain state in an Azure table, a row a state, in the layout of Orleans' own provider. Every write is conditional on the version that was read.
/// </summary>
internal sealed class AzureTableGrainStorage(string name, AzureTableStorageOptions options, string serviceId, IActivatorProvider activators)
    : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    private const string BinaryColumn = "Data";
    private const string TextColumn = "StringData";

    private readonly TableClient _table = options.OpenTable();

    public static AzureTableGrainStorage Create(IServiceProvider services, string name) => new(
        name,
        services.GetRequiredService<IOptionsMonitor<AzureTableStorageOptions>>().Get(name),
        services.GetProviderClusterOptions(name).Value.ServiceId,
        services.GetRequiredService<IActivatorProvider>());

    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe($"{nameof(AzureTableGrainStorage)}-{name}", options.InitStage, stop => _table.CreateIfNotExistsAsync(stop));

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var key = NewRow(stateName, grainId);
        var answer = await _table.GetEntityIfExistsAsync<TableEntity>(key.PartitionKey, key.RowKey, cancellationToken: cancellationToken);
        if (!answer.HasValue)
        {
            Set(grainState, default, eTag: null, exists: false);
            return;
        }

        var row = answer.Value!;
        var data = ReadData(row);

        // Without data it was cleared: the row lives on, so that a writer from before the clearing is found out.
        var state = data.IsEmpty ? default : Deserialize<T>(data, stateName, grainId);
        Set(grainState, state, row.ETag.ToString(), exists: !data.IsEmpty);
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        // Serialised before anything is awaited: behind it the grain may go on to change its state.
        var row = NewRow(stateName, grainId);
        var data = options.GrainStorageSerializer.Serialize(grainState.State);
        if (!(options.UseStringFormat
            ? TableColumns.TryWriteText(row, TextColumn, data.ToString())
            : TableColumns.TryWriteBytes(row, BinaryColumn, data)))
        {
            throw new ArgumentOutOfRangeException(
                nameof(grainState),
                $"State '{stateName}' of {grainId} is too large for a row of table {_table.Name}: {data.ToMemory().Length} octets; at most "
                + (options.UseStringFormat ? $"{TableColumns.MaxCount * TableColumns.MaxChars} characters fit." : $"{TableColumns.MaxCount * TableColumns.MaxBytes} fit."));
        }

        grainState.ETag = await StoreAsync(row, grainState.ETag, stateName, grainId, cancellationToken);
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var row = NewRow(stateName, grainId);
        string? eTag = null;
        if (!options.DeleteStateOnClear)
        {
            eTag = await StoreAsync(row, grainState.ETag, stateName, grainId, cancellationToken);
        }
        else if (!string.IsNullOrEmpty(grainState.ETag))
        {
            await DeleteAsync(row, grainState.ETag, stateName, grainId, cancellationToken);
        }

        Set(grainState, default, eTag, exists: false);
    }

    private async Task<string> StoreAsync(TableEntity row, string? eTag, string stateName, GrainId grainId, CancellationToken cancellationToken)
    {
        try
        {
            var answer = string.IsNullOrEmpty(eTag)
                ? await _table.AddEntityAsync(row, cancellationToken)
                : await _table.UpdateEntityAsync(row, new ETag(eTag), TableUpdateMode.Replace, cancellationToken);
            return answer.Headers.ETag!.Value.ToString();
        }
        catch (RequestFailedException error) when (error.IsContention())
        {
            throw Conflict(eTag, stateName, grainId, error);
        }
    }

    private async Task DeleteAsync(TableEntity row, string eTag, string stateName, GrainId grainId, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _table.DeleteEntityAsync(row.PartitionKey, row.RowKey, new ETag(eTag), cancellationToken);

            // A row that is gone is an error to the table service, and none to its library.
            if (answer.IsError)
            {
                throw new RequestFailedException(answer);
            }
        }
        catch (RequestFailedException error) when (error.IsContention())
        {
            throw Conflict(eTag, stateName, grainId, error);
        }
    }

    private TableStorageUpdateConditionNotSatisfiedException Conflict(string? eTag, string stateName, GrainId grainId, RequestFailedException error) =>
        new(stateName, grainId.ToString(), _table.Name, eTag ?? "", error);

    private TableEntity NewRow(string stateName, GrainId grainId) => new(TableKey.Sanitize($"{serviceId}_{grainId}"), TableKey.Sanitize(stateName));

    // Both forms are read, so that UseStringFormat can be changed while states are stored.
    private static ReadOnlyMemory<byte> ReadData(TableEntity row)
    {
        var data = TableColumns.ReadBytes(row, BinaryColumn);
        return data.IsEmpty ? BinaryData.FromString(TableColumns.ReadText(row, TextColumn)).ToMemory() : data;
    }

    private T? Deserialize<T>(ReadOnlyMemory<byte> data, string stateName, GrainId grainId)
    {
        try
        {
            return options.GrainStorageSerializer.Deserialize<T>(BinaryData.FromBytes(data));
        }
        catch (Exception error)
        {
            throw new AggregateException($"State '{stateName}' of {grainId} in table {_table.Name} cannot be read: its {data.Length} octets are no {typeof(T)}.", error);
        }
    }

    private void Set<T>(IGrainState<T> grainState, T? state, string? eTag, bool exists)
    {
        grainState.State = state ?? activators.GetActivator<T>().Create();
        grainState.ETag = eTag!;
        grainState.RecordExists = exists;
    }
}
