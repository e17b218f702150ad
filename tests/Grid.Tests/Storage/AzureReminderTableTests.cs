using Azure.Data.Tables;
using EcStreamOrleans.Grid.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;

namespace EcStreamOrleans.Grid.Tests.Storage;

/// <summary>What Orleans demands of a reminder table, and the rows of its own provider.</summary>
[Collection(AzuriteCollection.Name)]
public sealed class AzureReminderTableTests(SharedAzurite azurite) : IDisposable
{
    private static readonly DateTime Start = new(2026, 1, 1, 12, 0, 0, 123, DateTimeKind.Utc);
    private static readonly GrainId Grain = GrainId.Create("peer", "10.0.0.0/8");

    private readonly List<OrleansParts> _parts = [];
    private readonly string _name = SharedAzurite.NewTableName();

    public void Dispose() => _parts.ForEach(p => p.Dispose());

    [AzuriteFact]
    public async Task ARow_HasTheGivenKeys_AndTextInTheGivenColumns()
    {
        var table = await OpenAsync("a/service");
        await table.UpsertRow(Reminder(Grain, "na/me"));

        var rows = new List<TableEntity>();
        await foreach (var found in azurite.Server!.Connect().GetTableClient(_name).QueryAsync<TableEntity>())
        {
            rows.Add(found);
        }

        var row = Assert.Single(rows);
        var hash = $"{Grain.GetUniformHashCode():X8}";
        Assert.Equal(($"a_service_{hash}", "peer_10.0.0.0_8-na_me"), (row.PartitionKey, row.RowKey));
        string[] system = ["PartitionKey", "RowKey", "Timestamp", "odata.etag"];
        Assert.Equal(
            [
                "DeploymentId = cluster", $"GrainRefConsistentHash = {hash}", "GrainReference = peer/10.0.0.0/8", "Period = 00:01:00", "ReminderName = na/me",
                "ServiceId = a/service", "StartAt = 2026-01-01 12:00:00.123 GMT",
            ],
            row.Where(c => !system.Contains(c.Key)).Select(c => $"{c.Key} = {(string)c.Value}").Order(StringComparer.Ordinal));
    }

    [AzuriteFact]
    public async Task WhatIsSet_IsRead_AndOverwritten()
    {
        var table = await OpenAsync();
        var first = await table.UpsertRow(Reminder(Grain, "one"));
        var again = await table.UpsertRow(Reminder(Grain, "one"));
        Assert.NotEqual(first, again);

        var read = await table.ReadRow(Grain, "one");

        Assert.Equal((Grain, "one", Start, TimeSpan.FromMinutes(1), again), (read!.GrainId, read.ReminderName, read.StartAt, read.Period, read.ETag));
        Assert.Null(await table.ReadRow(Grain, "two"));
    }

    [AzuriteFact]
    public async Task ARemoval_NeedsNameAndVersion_AndSucceedsOnce()
    {
        var table = await OpenAsync();
        var old = await table.UpsertRow(Reminder(Grain, "one"));
        var eTag = await table.UpsertRow(Reminder(Grain, "one"));

        Assert.False(await table.RemoveRow(Grain, "one", old!));
        Assert.False(await table.RemoveRow(Grain, "two", eTag!));
        Assert.True(await table.RemoveRow(Grain, "one", eTag!));
        Assert.False(await table.RemoveRow(Grain, "one", eTag!));
    }

    [AzuriteFact]
    public async Task TheRemindersOfAGrain_AreItsOwn()
    {
        var table = await OpenAsync();
        foreach (var grain in new[] { Grain, GrainId.Create("peer", "10.0.0.0/8-x"), GrainId.Create("peer", "10") })
        {
            await table.UpsertRow(Reminder(grain, "one"));
            await table.UpsertRow(Reminder(grain, "~two"));
        }

        Assert.Equal(["one", "~two"], (await table.ReadRows(Grain)).Reminders.Select(r => r.ReminderName).Order(StringComparer.Ordinal));
    }

    [AzuriteFact]
    public async Task ARange_HasWhatIsBehindItsBeginning_UpToItsEnd_AroundTheRing()
    {
        var table = await OpenAsync();
        var another = await OpenAsync("another");
        var grains = Enumerable.Range(0, 20).Select(n => GrainId.Create("peer", $"{n}")).ToArray();
        foreach (var grain in grains)
        {
            await table.UpsertRow(Reminder(grain, "one"));
            await another.UpsertRow(Reminder(grain, "one"));
        }

        var hashes = grains.Select(g => g.GetUniformHashCode()).ToArray();
        var random = new Random(1);
        (uint, uint)[] ranges =
        [
            (0, 0), (7, 7), (0, uint.MaxValue), (uint.MaxValue, 0), (hashes[0], hashes[1]), (hashes[1], hashes[0]),
            .. Enumerable.Range(0, 50).Select(_ => ((uint)random.NextInt64(uint.MaxValue), (uint)random.NextInt64(uint.MaxValue))),
        ];
        foreach (var (begin, end) in ranges)
        {
            var expected = grains.Where(g => g.GetUniformHashCode() is var hash && (begin < end ? hash > begin && hash <= end : begin == end || hash > begin || hash <= end));
            Assert.Equal(expected.Order(), (await table.ReadRows(begin, end)).Reminders.Select(r => r.GrainId).Order());
        }

        await table.TestOnlyClearTable();
        Assert.Empty((await table.ReadRows(0, 0)).Reminders);
        Assert.Equal(20, (await another.ReadRows(0, 0)).Reminders.Count);
    }

    private static ReminderEntry Reminder(GrainId grain, string name) =>
        new() { GrainId = grain, ReminderName = name, StartAt = Start, Period = TimeSpan.FromMinutes(1) };

    private async Task<IReminderTable> OpenAsync(string serviceId = "svc")
    {
        var parts = new OrleansParts(
            silo => silo.UseAzureTableReminderService(options => (options.TableServiceClient, options.TableName) = (azurite.Server!.Connect(), _name)), serviceId);
        _parts.Add(parts);
        var table = parts.Services.GetRequiredService<IReminderTable>();
        await table.StartAsync(default);
        return table;
    }
}
