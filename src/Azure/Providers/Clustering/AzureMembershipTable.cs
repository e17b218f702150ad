using Azure;
using Azure.Data.Tables;
using EcStreamOrleans.Azure.Tables;
using Microsoft.Extensions.Options;
using Orleans.Clustering.AzureStorage;
using Orleans.Configuration;
using Orleans.Storage;

namespace EcStreamOrleans.Azure.Providers.Clustering;

/// <summary>
/// The membership of a cluster in one partition of an Azure table, in the layout of Orleans' own provider: a row a silo, and the table's version in
/// a row of its own and in one before and one behind all others. Every change of membership is a transaction that is conditional on the version
/// which was read. Signs of life are not: they change nothing that anybody decides by.
/// </summary>
internal sealed class AzureMembershipTable(IOptions<AzureStorageClusteringOptions> options, IOptions<ClusterOptions> cluster) : IMembershipTable
{
    public const string VersionKey = "VersionRow";

    // Before and behind everything else of the partition: between two pages of an answer the table may change, and then they differ.
    public const string FirstKey = "!Start";
    public const string LastKey = "~End";

    private const string VersionColumn = "MembershipVersion";
    private const int MaxReads = 5;
    private const int MaxTransactionRows = 100;

    private readonly TableClient _table = options.Value.OpenTable();
    private readonly string _cluster = cluster.Value.ClusterId;

    public async Task InitializeMembershipTableAsync(bool tryInitTableVersion, CancellationToken cancellationToken = default)
    {
        await _table.CreateIfNotExistsAsync(cancellationToken);
        if (!tryInitTableVersion || (await _table.GetEntityIfExistsAsync<TableEntity>(_cluster, VersionKey, cancellationToken: cancellationToken)).HasValue)
        {
            return;
        }

        try
        {
            await _table.SubmitTransactionAsync(
                [
                    new TableTransactionAction(TableTransactionActionType.Add, VersionRow(VersionKey, 0)),
                    .. Boundaries(0),
                ],
                cancellationToken);
        }
        catch (RequestFailedException error) when (error.IsContention())
        {
            // Another silo was quicker.
        }
    }

    public async Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken = default)
    {
        var rows = new List<TableEntity>();
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {_cluster} and (RowKey eq {MembershipRow.Key(key)} or RowKey eq {VersionKey})");
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            rows.Add(row);
        }

        return ToData(rows);
    }

    public async Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken = default)
    {
        for (var reads = 1; ; reads++)
        {
            var rows = new List<TableEntity>();
            var pages = 0;
            await foreach (var page in _table.QueryAsync<TableEntity>(OfCluster(), cancellationToken: cancellationToken).AsPages())
            {
                rows.AddRange(page.Values);
                pages++;
            }

            var first = Version(rows, FirstKey);
            var last = Version(rows, LastKey);

            // Writers of an older version keep no boundaries, or leave them behind.
            if (pages <= 1 || first is null || last is null || first == last || Version(rows, VersionKey) > Math.Max(first.Value, last.Value))
            {
                return ToData(rows);
            }

            if (reads == MaxReads)
            {
                throw new InconsistentStateException(
                    $"The membership of cluster '{_cluster}' changed during each of {MaxReads} reads: the last began at version {first} and ended at version {last}.");
            }
        }
    }

    public Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken = default) =>
        ChangeAsync(new TableTransactionAction(TableTransactionActionType.Add, MembershipRow.Write(_cluster, entry)), tableVersion, cancellationToken);

    // The version is every row's version: signs of life, which change a row's own, must not get in the way of a change that was decided on.
    public async Task<bool> UpdateRowAsync(MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken = default) =>
        etag == tableVersion.VersionEtag
        && await ChangeAsync(
            new TableTransactionAction(TableTransactionActionType.UpdateReplace, MembershipRow.Write(_cluster, entry), ETag.All), tableVersion, cancellationToken);

    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken = default) =>
        _table.UpdateEntityAsync(MembershipRow.WriteIAmAlive(_cluster, entry), ETag.All, TableUpdateMode.Merge, cancellationToken);

    public async Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken = default)
    {
        foreach (var (entry, _) in (await ReadAllAsync(cancellationToken)).Members)
        {
            if (entry.Status == SiloStatus.Dead && LastHeardOf(entry) < beforeDate.UtcDateTime)
            {
                // Another silo may clean up as well: a row that is gone is no error.
                await _table.DeleteEntityAsync(_cluster, MembershipRow.Key(entry.SiloAddress), ETag.All, cancellationToken);
            }
        }
    }

    public async Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken = default)
    {
        var rows = new List<TableEntity>();
        await foreach (var row in _table.QueryAsync<TableEntity>(OfCluster(clusterId), select: ["PartitionKey", "RowKey"], cancellationToken: cancellationToken))
        {
            rows.Add(row);
        }

        foreach (var chunk in rows.Chunk(MaxTransactionRows))
        {
            await _table.SubmitTransactionAsync(chunk.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, ETag.All)), cancellationToken);
        }
    }

    [Obsolete("By the interface.")]
    public Task InitializeMembershipTable(bool tryInitTableVersion) => InitializeMembershipTableAsync(tryInitTableVersion, CancellationToken.None);

    [Obsolete("By the interface.")]
    public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadRowAsync(key, CancellationToken.None);

    [Obsolete("By the interface.")]
    public Task<MembershipTableData> ReadAll() => ReadAllAsync(CancellationToken.None);

    [Obsolete("By the interface.")]
    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => InsertRowAsync(entry, tableVersion, CancellationToken.None);

    [Obsolete("By the interface.")]
    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => UpdateRowAsync(entry, etag, tableVersion, CancellationToken.None);

    [Obsolete("By the interface.")]
    public Task UpdateIAmAlive(MembershipEntry entry) => UpdateIAmAliveAsync(entry, CancellationToken.None);

    [Obsolete("By the interface.")]
    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => CleanupDefunctSiloEntriesAsync(beforeDate, CancellationToken.None);

    [Obsolete("By the interface.")]
    public Task DeleteMembershipTableEntries(string clusterId) => DeleteMembershipTableEntriesAsync(clusterId, CancellationToken.None);

    private static DateTime LastHeardOf(MembershipEntry entry) =>
        (entry.SuspectTimes ?? []).Select(s => s.Item2).Append(entry.StartTime).Append(entry.IAmAliveTime).Max();

    private static int? Version(List<TableEntity> rows, string key) =>
        rows.Find(row => row.RowKey == key)?.GetString(VersionColumn) is { } text ? int.Parse(text) : null;

    private static bool IsVersion(TableEntity row) => row.RowKey is VersionKey or FirstKey or LastKey;

    private static MembershipTableData ToData(List<TableEntity> rows)
    {
        // Without a version there is nothing on whose condition a silo could join.
        var eTag = rows.Find(row => row.RowKey == VersionKey)?.ETag.ToString() ?? "";
        return new MembershipTableData(
            [.. rows.Where(row => !IsVersion(row)).Select(row => Tuple.Create(MembershipRow.Read(row), eTag))],
            new TableVersion(Version(rows, VersionKey) ?? 0, eTag));
    }

    private async Task<bool> ChangeAsync(TableTransactionAction change, TableVersion version, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(version.VersionEtag))
        {
            return false;
        }

        try
        {
            await _table.SubmitTransactionAsync(
                [
                    change,
                    new TableTransactionAction(TableTransactionActionType.UpdateReplace, VersionRow(VersionKey, version.Version), new ETag(version.VersionEtag)),
                    .. Boundaries(version.Version),
                ],
                cancellationToken);
            return true;
        }
        catch (RequestFailedException error) when (error.IsContention())
        {
            return false;
        }
    }

    private TableTransactionAction[] Boundaries(int version) =>
    [
        new(TableTransactionActionType.UpsertReplace, VersionRow(FirstKey, version)),
        new(TableTransactionActionType.UpsertReplace, VersionRow(LastKey, version)),
    ];

    private TableEntity VersionRow(string key, int version) => new(_cluster, key)
    {
        [MembershipRow.DeploymentId] = _cluster,
        [VersionColumn] = $"{version}",
    };

    private string OfCluster() => OfCluster(_cluster);

    private static string OfCluster(string clusterId) => TableClient.CreateQueryFilter($"PartitionKey eq {clusterId}");
}
