using Azure;
using Azure.Data.Tables;
using EcStreamOrleans.Azure.Tables;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Reminders.AzureStorage;

namespace EcStreamOrleans.Azure.Providers.Reminders;

/// <summary>Reminders in an Azure table, in the layout of Orleans' own provider: a row a reminder, a partition a place on the ring.</summary>
internal sealed class AzureReminderTable(IOptions<AzureTableReminderStorageOptions> options, IOptions<ClusterOptions> cluster) : IReminderTable
{
    private const string GrainReference = nameof(GrainReference);
    private const string ReminderName = nameof(ReminderName);
    private const string ServiceId = nameof(ServiceId);
    private const string DeploymentId = nameof(DeploymentId);
    private const string StartAt = nameof(StartAt);
    private const string Period = nameof(Period);
    private const string GrainRefConsistentHash = nameof(GrainRefConsistentHash);

    private readonly TableClient _table = options.Value.OpenTable();
    private readonly string _serviceId = cluster.Value.ServiceId;

    public async Task StartAsync(CancellationToken cancellationToken = default) => await _table.CreateIfNotExistsAsync(cancellationToken);

    public async Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName, CancellationToken cancellationToken)
    {
        var row = await _table.GetEntityIfExistsAsync<TableEntity>(Partition(grainId), Key(grainId, reminderName), cancellationToken: cancellationToken);
        return row.HasValue && IsOf(row.Value!, grainId) ? Read(row.Value!) : null;
    }

    public async Task<ReminderTableData> ReadRows(GrainId grainId, CancellationToken cancellationToken)
    {
        // All keys that begin with the grain's and a hyphen; the full stop is what comes behind it.
        var prefix = TableKey.Sanitize($"{grainId}");
        var rows = await QueryAsync(
            TableClient.CreateQueryFilter($"PartitionKey eq {Partition(grainId)} and RowKey gt {prefix + '-'} and RowKey le {prefix + '.'}"), cancellationToken);
        return new ReminderTableData(rows.Where(row => IsOf(row, grainId)).Select(Read));
    }

    /// <summary>The reminders of a range of the ring: behind its beginning up to and with its end; all of the ring if they are the same.</summary>
    public async Task<ReminderTableData> ReadRows(uint begin, uint end, CancellationToken cancellationToken)
    {
        var (all, behindAll) = (TableKey.Sanitize(_serviceId) + '_', TableKey.Sanitize(_serviceId) + '`');
        FormattableString[] ranges = begin == end
            ? [$"PartitionKey gt {all} and PartitionKey lt {behindAll}"]
            : begin < end
            ? [$"PartitionKey gt {Partition(begin)} and PartitionKey le {Partition(end)}"]
            : [$"PartitionKey gt {Partition(begin)} and PartitionKey lt {behindAll}", $"PartitionKey gt {all} and PartitionKey le {Partition(end)}"];
        var entries = new List<ReminderEntry>();
        foreach (var range in ranges)
        {
            entries.AddRange((await QueryAsync(TableClient.CreateQueryFilter(range), cancellationToken)).Select(Read));
        }

        return new ReminderTableData(entries);
    }

    public async Task<string?> UpsertRow(ReminderEntry entry, CancellationToken cancellationToken)
    {
        var row = new TableEntity(Partition(entry.GrainId), Key(entry.GrainId, entry.ReminderName))
        {
            [GrainReference] = $"{entry.GrainId}",
            [ReminderName] = entry.ReminderName,
            [ServiceId] = _serviceId,
            [DeploymentId] = cluster.Value.ClusterId,
            [StartAt] = TableDate.Write(entry.StartAt),
            [Period] = $"{entry.Period}",
            [GrainRefConsistentHash] = $"{entry.GrainId.GetUniformHashCode():X8}",
        };
        return (await _table.UpsertEntityAsync(row, TableUpdateMode.Replace, cancellationToken)).Headers.ETag!.Value.ToString();
    }

    public async Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _table.DeleteEntityAsync(Partition(grainId), Key(grainId, reminderName), new ETag(eTag), cancellationToken);
            return !answer.IsError;
        }
        catch (RequestFailedException error) when (error.IsContention())
        {
            return false;
        }
    }

    public async Task TestOnlyClearTable(CancellationToken cancellationToken)
    {
        foreach (var entry in (await ReadRows(0, 0, cancellationToken)).Reminders)
        {
            await _table.DeleteEntityAsync(Partition(entry.GrainId), Key(entry.GrainId, entry.ReminderName), ETag.All, cancellationToken);
        }
    }

    public Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName) => ReadRow(grainId, reminderName, CancellationToken.None);

    public Task<ReminderTableData> ReadRows(GrainId grainId) => ReadRows(grainId, CancellationToken.None);

    public Task<ReminderTableData> ReadRows(uint begin, uint end) => ReadRows(begin, end, CancellationToken.None);

    public Task<string?> UpsertRow(ReminderEntry entry) => UpsertRow(entry, CancellationToken.None);

    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag) => RemoveRow(grainId, reminderName, eTag, CancellationToken.None);

    public Task TestOnlyClearTable() => TestOnlyClearTable(CancellationToken.None);

    private static string Key(GrainId grainId, string reminderName) => TableKey.Sanitize($"{grainId}-{reminderName}");

    private static bool IsOf(TableEntity row, GrainId grainId) => row.GetString(GrainReference) == $"{grainId}";

    private static ReminderEntry Read(TableEntity row) => new()
    {
        GrainId = GrainId.Parse(row.GetString(GrainReference)),
        ReminderName = row.GetString(ReminderName),
        StartAt = TableDate.Read(row.GetString(StartAt)),
        Period = TimeSpan.Parse(row.GetString(Period)),
        ETag = row.ETag.ToString(),
    };

    private string Partition(GrainId grainId) => Partition(grainId.GetUniformHashCode());

    private string Partition(uint hash) => TableKey.Sanitize($"{_serviceId}_{hash:X8}");

    private async Task<List<TableEntity>> QueryAsync(string filter, CancellationToken cancellationToken)
    {
        var rows = new List<TableEntity>();
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            // The keys of two services can come to the same.
            if (row.GetString(ServiceId) == _serviceId)
            {
                rows.Add(row);
            }
        }

        return rows;
    }
}
