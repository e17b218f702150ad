using System.Net;
using Azure.Data.Tables;
using EcStreamOrleans.Grid.Tests.Admin;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Silo;
using EcStreamOrleans.Silo.Configuration;

namespace EcStreamOrleans.Grid.Tests.Silo;

/// <summary>A whole silo that keeps its state in Azure tables.</summary>
public sealed class AzureStorageTests
{
    [AzuriteFact]
    public async Task WhatAnOperatorSets_HoldsOnASiloWithAnotherDisk()
    {
        using var azurite = await Azurite.StartNewAsync();
        using var first = new TempDirectory();
        using var second = new TempDirectory();
        await using (var silo = await TestSilo.StartAsync(first, settings: s => Use(azurite, s)))
        {
            var change = await silo.Admin.CallAsync("PUT", "policy/overrides/10.0.0.0%2F8", """{"idleTime":60,"reason":"slow scanner"}""", ifMatch: 0);
            Assert.Equal(HttpStatusCode.OK, change.Status);
            await silo.StopAsync();
        }

        Assert.False(File.Exists(first.Sub("data/state.db")));
        var tables = azurite.Connect();
        Assert.Equal(["gridGrainState", "gridPolicyLog"], tables.Query().Select(t => t.Name).Order(StringComparer.Ordinal));
        var rows = tables.GetTableClient("gridGrainState").Query<TableEntity>().Select(r => r.PartitionKey);
        Assert.Equal(["ecstream_peer_10.0.0.0_8"], rows);

        await using var another = await TestSilo.StartAsync(second, settings: s => Use(azurite, s));
        var effective = await another.Admin.GetStringAsync("/api/v1/policy/effective?listen=127.0.0.1:0&peer=10.1.2.3");
        Assert.Contains("(override)", effective);

        // The grain goes on from the state that the other silo wrote.
        var next = await another.Admin.CallAsync("PUT", "policy/overrides/10.0.0.0%2F8", """{"idleTime":70}""", ifMatch: 1);
        Assert.Equal((HttpStatusCode.OK, "\"2\""), (next.Status, next.ETag));
        await another.StopAsync();
    }

    [AzuriteFact]
    public async Task AServiceThatIsNotThere_IsOneLine()
    {
        using var azurite = await Azurite.StartNewAsync();
        await azurite.StopAsync();
        using var directory = new TempDirectory();
        GridSettings? used = null;

        var error = await Assert.ThrowsAnyAsync<Exception>(() => TestSilo.StartAsync(directory, settings: s => Use(azurite, used = s)));

        var line = SiloFailures.Explain(error, used!);
        Assert.NotNull(line);
        Assert.StartsWith("Cannot use Azure Table storage", line);
        Assert.DoesNotContain('\n', line);
    }

    private static void Use(Azurite azurite, GridSettings settings)
    {
        settings.Storage.Kind = StorageKind.AzureTables;
        settings.Storage.ConnectionString = azurite.ConnectionString;
        settings.Storage.TablePrefix = "grid";
    }
}
