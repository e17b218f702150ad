using System.Net;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using EcStreamOrleans.Grid.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Messaging;
using Orleans.Storage;

namespace EcStreamOrleans.Grid.Tests.Storage;

[NeedsAzurite, Collection(AzuriteCollection.Name)]
public sealed class AzureMembershipTableTests(SharedAzurite azurite) : MembershipTableContract
{
    private readonly List<IDisposable> _parts = [];
    private readonly string _name = SharedAzurite.NewTableName();

    private TableClient Table => azurite.Server!.Connect().GetTableClient(_name);

    public override Task DisposeAsync()
    {
        _parts.ForEach(p => p.Dispose());
        return Task.CompletedTask;
    }

    [AzuriteFact]
    public async Task Rows_AreTextInTheGivenColumns_WithTheVersionInThree()
    {
        var silo = Silo(17, "2001:db8::1");
        silo.SuspectTimes = [Tuple.Create(Silo(2).SiloAddress, silo.StartTime), Tuple.Create(Silo(3).SiloAddress, silo.IAmAliveTime)];
        await InsertAsync(silo);

        var rows = await RowsAsync();

        Assert.Equal(["!Start", "2001:db8::1-11111-17", "VersionRow", "~End"], rows.Select(r => r.RowKey));
        Assert.All(rows, r => Assert.Equal("cluster", r.PartitionKey));
        Assert.All(new[] { rows[0], rows[2], rows[3] }, r => Assert.Equal("1", r["MembershipVersion"]));
        string[] system = ["PartitionKey", "RowKey", "Timestamp", "odata.etag"];
        Assert.Equal(
            [
                "Address = 2001:db8::1", "DeploymentId = cluster", "FaultZone = 0", "Generation = 17", "HostName = host",
                "IAmAliveTime = 2026-01-01 12:00:01.123 GMT", "InstanceName = silo 17", "Port = 11111", "ProxyPort = 30000", "RoleName = ", "SiloName = silo 17",
                "StartTime = 2026-01-01 12:00:00.123 GMT", "Status = Joining", "SuspectingSilos = 127.0.0.1:11111@2|127.0.0.1:11111@3",
                "SuspectingTimes = 2026-01-01 12:00:00.123 GMT|2026-01-01 12:00:01.123 GMT", "UpdateZone = 0",
            ],
            rows[1].Where(c => !system.Contains(c.Key)).Select(c => $"{c.Key} = {(string)c.Value}").Order(StringComparer.Ordinal));
    }

    [AzuriteFact]
    public async Task TheNameOfAnOldRow_IsRead()
    {
        await InsertAsync(Silo(1));
        await Table.UpdateEntityAsync(new TableEntity("cluster", "127.0.0.1-11111-1") { ["SiloName"] = "", ["InstanceName"] = "old" }, ETag.All);
        Assert.Equal("old", Assert.Single((await Open("cluster").ReadAllAsync(default)).Members).Item1.SiloName);
    }

    [AzuriteFact]
    public async Task WhatChangedBetweenTwoPages_IsReadAgain()
    {
        await InsertAsync(Silo(1));
        await InsertAsync(Silo(2));
        var changes = new ChangeBetweenPages(async () => await InsertAsync(Silo(3)), times: 1);

        var data = await Open("cluster", changes).ReadAllAsync(default);

        Assert.Equal((3, 3, 2), (data.Members.Count, data.Version.Version, changes.Reads));
    }

    [AzuriteFact]
    public async Task WhatChangesAtEveryRead_IsGivenUp_WithBothVersions()
    {
        await InsertAsync(Silo(1));
        var next = 2;
        var changes = new ChangeBetweenPages(async () => await InsertAsync(Silo(next++)), times: 5);

        var error = await Assert.ThrowsAsync<InconsistentStateException>(() => Open("cluster", changes).ReadAllAsync(default));

        Assert.Contains("changed during each of 5 reads: the last began at version 5 and ended at version 6.", error.Message);
    }

    [AzuriteFact]
    public async Task SignsOfLifeBetweenTwoPages_AreNoChange()
    {
        await InsertAsync(Silo(1));
        await InsertAsync(Silo(2));
        var changes = new ChangeBetweenPages(() => Open("cluster").UpdateIAmAliveAsync(Silo(2), default), times: 1);

        Assert.Equal(2, (await Open("cluster", changes).ReadAllAsync(default)).Members.Count);
        Assert.Equal(1, changes.Reads);
    }

    [AzuriteTheory]
    [InlineData(null)]
    [InlineData("0")]
    public async Task WritersOfAnOlderVersion_WhoLeaveTheBoundaries_AreBelieved(string? boundary)
    {
        await InsertAsync(Silo(1));
        await InsertAsync(Silo(2));
        await Table.DeleteEntityAsync("cluster", "!Start");
        if (boundary is not null)
        {
            await Table.UpsertEntityAsync(new TableEntity("cluster", "!Start") { ["MembershipVersion"] = boundary });
            await Table.UpsertEntityAsync(new TableEntity("cluster", "~End") { ["MembershipVersion"] = "1" });
        }

        var data = await Open("cluster", new ChangeBetweenPages(() => Task.CompletedTask, times: 1)).ReadAllAsync(default);
        Assert.Equal((2, 2), (data.Members.Count, data.Version.Version));
    }

    [AzuriteFact]
    public async Task TwoSilos_FormACluster_AndAClientFindsIt()
    {
        using var first = await StartSiloAsync(gateway: true);
        using var second = await StartSiloAsync(gateway: false);
        foreach (var silo in new[] { first, second })
        {
            var management = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
            await Within.Becomes(async () => (await management.GetHosts(onlyActive: true)).Count == 2, "both silos see each other");
        }

        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client => client.Configure<ClusterOptions>(Name).UseAzureStorageClustering(Configure));
        using var client = builder.Build();
        await client.StartAsync();
        var hosts = await client.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetDetailedHosts();
        Assert.Equal(2, hosts.Count(h => h.Status == SiloStatus.Active));
        await client.StopAsync();

        await second.StopAsync();
        var left = first.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        await Within.Becomes(async () => (await left.GetHosts(onlyActive: true)).Count == 1, "the one that stopped is gone");
        await first.StopAsync();
        Assert.Equal(["Dead", "Dead"], (await RowsAsync()).Where(r => r.ContainsKey("Status")).Select(r => r.GetString("Status")));
    }

    private protected override IMembershipTable Open(string clusterId) => Open(clusterId, null);

    private protected override IGatewayListProvider OpenGateways(string clusterId)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client => client.Configure<ClusterOptions>(o => (o.ServiceId, o.ClusterId) = ("svc", clusterId)).UseAzureStorageClustering(Configure));
        var host = builder.Build();
        _parts.Add(host);
        return host.Services.GetRequiredService<IGatewayListProvider>();
    }

    private static void Name(ClusterOptions cluster) => (cluster.ServiceId, cluster.ClusterId) = ("svc", "cluster");

    private void Configure(Orleans.Clustering.AzureStorage.AzureStorageGatewayOptions options) =>
        (options.TableServiceClient, options.TableName) = (azurite.Server!.Connect(), _name);

    private IMembershipTable Open(string clusterId, ChangeBetweenPages? changes)
    {
        var library = new TableClientOptions();
        if (changes is not null)
        {
            library.AddPolicy(changes, HttpPipelinePosition.PerCall);
        }

        var parts = new OrleansParts(
            silo => silo.UseAzureStorageClustering(options => (options.TableServiceClient, options.TableName) = (azurite.Server!.Connect(library), _name)),
            clusterId: clusterId);
        _parts.Add(parts);
        return parts.Services.GetRequiredService<IMembershipTable>();
    }

    private async Task<IHost> StartSiloAsync(bool gateway)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleans(silo => silo
            .Configure<ClusterOptions>(Name)
            .ConfigureEndpoints(IPAddress.Loopback, ServicePort.Next(), gateway ? ServicePort.Next() : 0)
            .UseAzureStorageClustering(options => (options.TableServiceClient, options.TableName) = (azurite.Server!.Connect(), _name)));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private async Task<List<TableEntity>> RowsAsync()
    {
        var rows = new List<TableEntity>();
        await foreach (var row in Table.QueryAsync<TableEntity>())
        {
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>Has a query answered in pages of one row, and something happen behind the first.</summary>
    private sealed class ChangeBetweenPages(Func<Task> change, int times) : HttpPipelinePolicy
    {
        private int _left = times;

        /// <summary>Queries that began.</summary>
        public int Reads { get; private set; }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException("The product does not block.");

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            var query = message.Request.Uri.ToUri().Query;
            var isQuery = message.Request.Method == RequestMethod.Get && query.Contains("filter", StringComparison.Ordinal);
            var isFirst = isQuery && !query.Contains("NextRowKey", StringComparison.Ordinal);
            if (isQuery)
            {
                message.Request.Uri.AppendQuery("$top", "1", escapeValue: false);
            }

            await ProcessNextAsync(message, pipeline);
            if (isFirst)
            {
                Reads++;
                if (_left-- > 0)
                {
                    await change();
                }
            }
        }
    }
}
