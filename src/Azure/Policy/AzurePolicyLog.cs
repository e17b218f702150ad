using System.IO.Compression;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using EcStreamOrleans.Azure.Tables;
using EcStreamOrleans.Grains.Policy;

namespace EcStreamOrleans.Azure.Policy;

/// <summary>
/// The policy log in an Azure table: one partition with a row an entry, and a head row that has the version of the last one. An entry and the
/// head that counts it are written in one transaction, conditional on the head that was read; so entries have no gap, and of several clusters on
/// one log only one is first.
/// </summary>
public sealed class AzurePolicyLog : IPolicyLog
{
    private const string HeadKey = "head";
    private const string VersionColumn = "Version";
    private const string EntryColumn = "Data";

    private readonly TableClient _table;
    private readonly string _partition;
    private bool _isOpen;

    /// <summary>Opens the log; its table is made at the first call if it is missing.</summary>
    /// <param name="service">The account.</param>
    /// <param name="tableName">The table.</param>
    /// <param name="serviceId">Whose policy it is: clusters of one service share a log.</param>
    public AzurePolicyLog(TableServiceClient service, string tableName, string serviceId)
    {
        ArgumentNullException.ThrowIfNull(service);
        _table = service.GetTableClient(tableName);
        _partition = TableKey.Sanitize(serviceId);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<PolicyEntry>> ReadAsync(long afterVersion, int limit, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);

        // Behind the digits: the head is left out.
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {_partition} and RowKey gt {Key(Math.Max(0, afterVersion))} and RowKey lt {":"}");
        var entries = new List<PolicyEntry>();
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, Math.Min(limit, 1_000), cancellationToken: cancellationToken))
        {
            entries.Add(Unpack(row));
            if (entries.Count == limit)
            {
                break;
            }
        }

        return entries;
    }

    /// <inheritdoc />
    /// <exception cref="ArgumentException">The entry is too large for a row, even compressed: nothing is appended.</exception>
    public async ValueTask<bool> TryAppendAsync(PolicyEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var row = Pack(entry);
        await OpenAsync(cancellationToken);
        var answer = await _table.GetEntityIfExistsAsync<TableEntity>(_partition, HeadKey, cancellationToken: cancellationToken);
        var head = answer.HasValue ? answer.Value! : new TableEntity(_partition, HeadKey) { [VersionColumn] = 0L };
        if (head.GetInt64(VersionColumn) != entry.Version - 1)
        {
            return false;
        }

        var next = new TableEntity(_partition, HeadKey) { [VersionColumn] = entry.Version };
        try
        {
            await _table.SubmitTransactionAsync(
                [
                    answer.HasValue
                        ? new TableTransactionAction(TableTransactionActionType.UpdateReplace, next, head.ETag)
                        : new TableTransactionAction(TableTransactionActionType.Add, next),
                    new TableTransactionAction(TableTransactionActionType.Add, row),
                ],
                cancellationToken);
            return true;
        }
        catch (RequestFailedException error) when (error.IsContention())
        {
            // Somebody was quicker, or it was this very call: where an answer was lost, the library asks again and is refused by what it has itself done.
            var stored = await _table.GetEntityIfExistsAsync<TableEntity>(_partition, row.RowKey, cancellationToken: cancellationToken);
            return stored.HasValue && Unpack(stored.Value!).Id == entry.Id;
        }
    }

    private async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        if (!_isOpen)
        {
            await _table.CreateIfNotExistsAsync(cancellationToken);
            _isOpen = true;
        }
    }

    // As many digits as the largest version has: rows are in the order of versions.
    private static string Key(long version) => version.ToString("D19");

    private TableEntity Pack(PolicyEntry entry)
    {
        // Entries of many changes repeat themselves: ten thousand fit where without compression two thousand would.
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            JsonSerializer.Serialize(gzip, entry);
        }

        var row = new TableEntity(_partition, Key(entry.Version));
        return TableColumns.TryWriteBytes(row, EntryColumn, packed.GetBuffer().AsSpan(0, (int)packed.Length))
            ? row
            : throw new ArgumentException(
                $"The policy change has {packed.Length} octets when compressed; a row of Azure Table storage holds {TableColumns.MaxCount * TableColumns.MaxBytes}. Make it in several changes.",
                nameof(entry));
    }

    private static PolicyEntry Unpack(TableEntity row)
    {
        using var packed = BinaryData.FromBytes(TableColumns.ReadBytes(row, EntryColumn)).ToStream();
        using var gzip = new GZipStream(packed, CompressionMode.Decompress);
        return JsonSerializer.Deserialize<PolicyEntry>(gzip)!;
    }
}
