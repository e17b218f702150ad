using Azure.Data.Tables;
using Microsoft.Extensions.Options;
using Orleans.Clustering.AzureStorage;
using Orleans.Configuration;
using Orleans.Messaging;

namespace EcStreamOrleans.Azure.Providers.Clustering;

/// <summary>The gateways of the cluster's active silos, read from the membership table.</summary>
internal sealed class AzureGatewayListProvider(
    IOptions<AzureStorageGatewayOptions> options, IOptions<ClusterOptions> cluster, IOptions<GatewayOptions> gateways) : IGatewayListProvider
{
    private readonly TableClient _table = options.Value.OpenTable();
    private readonly string _cluster = cluster.Value.ClusterId;

    public TimeSpan MaxStaleness => gateways.Value.GatewayListRefreshPeriod;

    [Obsolete("By the interface.")]
    public bool IsUpdatable => true;

    public async Task InitializeGatewayListProviderAsync(CancellationToken cancellationToken = default) =>
        await _table.CreateIfNotExistsAsync(cancellationToken);

    public async Task<IList<Uri>> GetGatewaysAsync(CancellationToken cancellationToken = default)
    {
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {_cluster} and Status eq {nameof(SiloStatus.Active)} and ProxyPort ne {"0"}");
        var found = new List<Uri>();
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            found.Add(MembershipRow.ReadGateway(row).ToGatewayUri());
        }

        return found;
    }

    public Task InitializeGatewayListProvider() => InitializeGatewayListProviderAsync(CancellationToken.None);

    public Task<IList<Uri>> GetGateways() => GetGatewaysAsync(CancellationToken.None);
}
