using Azure.Data.Tables;
using EcStreamOrleans.Azure.Policy;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Grid.Tests.Harness;
using Orleans.Storage;

namespace EcStreamOrleans.Grid.Tests.Storage;

/// <summary>What comes of a table service that refuses, goes away, or whose answers are lost.</summary>
public sealed class AzureFaultTests : IDisposable
{
    private static readonly GrainId Grain = GrainId.Create("peer", "10.0.0.1");

    private readonly List<OrleansParts> _parts = [];
    private readonly StorageFaults _faults = new();

    public void Dispose()
    {
        _parts.ForEach(p => p.Dispose());
        _faults.Dispose();
    }

    [AzuriteFact]
    public async Task WhatWasAnswered_IsThere_WhenTheServiceIsStartedAgain()
    {
        using var azurite = await Azurite.StartNewAsync();
        var storage = await OpenAsync(azurite.Connect());
        var log = new AzurePolicyLog(azurite.Connect(), "PolicyLog", "svc");
        var state = New("first");
        await storage.WriteStateAsync("note", Grain, state);
        var earlier = state.ETag;
        state.State = new() { Text = "second" };
        await storage.WriteStateAsync("note", Grain, state);
        Assert.True(await log.TryAppendAsync(Entry(1), default));

        await azurite.StopAsync();
        await azurite.StartAsync();

        var read = New("");
        await storage.ReadStateAsync("note", Grain, read);
        Assert.Equal(("second", state.ETag), (read.State!.Text, read.ETag));
        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => storage.WriteStateAsync("note", Grain, New("third", earlier)));
        await storage.WriteStateAsync("note", Grain, read);
        Assert.False(await log.TryAppendAsync(Entry(1), default));
        Assert.True(await log.TryAppendAsync(Entry(2), default));
    }

    [AzuriteFact]
    public async Task AWriteWhileTheServiceIsAway_IsMadeWhenItIsBack()
    {
        using var azurite = await Azurite.StartNewAsync();
        var options = _faults.Options;
        (options.Retry.MaxRetries, options.Retry.Delay) = (1_000, TimeSpan.FromMilliseconds(50));
        var storage = await OpenAsync(azurite.Connect(options));
        await azurite.StopAsync();

        var write = storage.WriteStateAsync("note", Grain, New("x"));
        await azurite.StartAsync();
        await Within.PatienceOf(write, "the write is made");

        var read = New("");
        await storage.ReadStateAsync("note", Grain, read);
        Assert.Equal("x", read.State!.Text);
    }

    [AzuriteFact]
    public async Task ARefusalForTheTimeBeing_IsNobodysBusiness()
    {
        using var azurite = await Azurite.StartNewAsync();
        var storage = await OpenAsync(azurite.Connect(_faults.Options));
        var log = new AzurePolicyLog(azurite.Connect(_faults.Options), "PolicyLog", "svc");
        Assert.Empty(await log.ReadAsync(0, 1, default));

        _faults.ThrottleNext();
        _faults.ThrottleNext();
        await storage.WriteStateAsync("note", Grain, New("x"));
        _faults.ThrottleNext();
        Assert.True(await log.TryAppendAsync(Entry(1), default));
        Assert.Equal(3, _faults.Count);
    }

    /// <summary>The library asks again, and is refused by its own first write: the grain must read what is there before it goes on.</summary>
    [AzuriteFact]
    public async Task AStateWhoseAnswerIsLost_IsInDoubt_AndReadAgain()
    {
        using var azurite = await Azurite.StartNewAsync();
        var storage = await OpenAsync(azurite.Connect(_faults.Options));
        var state = New("x");

        _faults.LoseNextAnswer();
        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => storage.WriteStateAsync("note", Grain, state));

        await storage.ReadStateAsync("note", Grain, state);
        Assert.Equal(("x", true, 1), (state.State!.Text, state.RecordExists, _faults.Count));
    }

    [AzuriteFact]
    public async Task AnEntryWhoseAnswerIsLost_IsAppended_AndSaidToBe()
    {
        using var azurite = await Azurite.StartNewAsync();
        var log = new AzurePolicyLog(azurite.Connect(_faults.Options), "PolicyLog", "svc");
        Assert.Empty(await log.ReadAsync(0, 1, default));

        // The first is refused as a row that is there already, the second by the version of the head.
        for (var version = 1; version <= 2; version++)
        {
            _faults.LoseNextAnswer();
            Assert.True(await log.TryAppendAsync(Entry(version), default));
        }

        Assert.Equal(2, _faults.Count);
        Assert.Equal([1, 2], (await log.ReadAsync(0, 10, default)).Select(e => e.Version));
    }

    private static PolicyEntry Entry(long version) => new(version, Guid.NewGuid(), DateTimeOffset.UnixEpoch, "tester", "api", "", []);

    private static GrainState<GrainStorageContract.Note> New(string text, string? eTag = null) => new(new() { Text = text }, eTag!);

    private Task<IGrainStorage> OpenAsync(TableServiceClient service)
    {
        var parts = new OrleansParts(silo => silo.AddAzureTableGrainStorage("state", options => options.TableServiceClient = service));
        _parts.Add(parts);
        return parts.StorageAsync("state");
    }
}
