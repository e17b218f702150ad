using Azure.Data.Tables;
using EcStreamOrleans.Azure.Policy;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Silo.State;

namespace EcStreamOrleans.Grid.Tests.Storage;

/// <summary>What every policy log does, wherever it is kept.</summary>
public abstract class PolicyLogContract
{
    /// <summary>Another opening of the same log, as another process would have it.</summary>
    private protected abstract IPolicyLog Open();

    [ContractFact]
    public async Task ANewLog_IsEmpty_AndBeginsWithVersionOne()
    {
        var log = Open();
        Assert.Empty(await log.ReadAsync(0, 10, default));
        Assert.False(await log.TryAppendAsync(Entry(2), default));
        Assert.False(await log.TryAppendAsync(Entry(0), default));
        Assert.True(await log.TryAppendAsync(Entry(1), default));
    }

    [ContractFact]
    public async Task WhatWasAppended_IsReadBack_WordForWord_ByAnotherOpening()
    {
        var at = new DateTimeOffset(2026, 1, 1, 12, 0, 0, 123, TimeSpan.Zero).AddTicks(4567);
        var entry = Entry(1) with
        {
            Instant = at,
            Reason = "ä \u0001 \ud83d\udce7 \" ' \\ %",
            Changes =
            [
                new PolicyChange("", "10.0.0.0/16", PeerOverride.None, new PeerOverride { IdleTime = TimeSpan.FromSeconds(60), IdleTimeUntil = at, MaxBatchSize = 7 }),
                new PolicyChange("[::]:1825", "2001:db8::/32", new PeerOverride { Suspended = true, SuspendedReason = "x", SuspendedUntil = at }, PeerOverride.None),
            ],
        };
        Assert.True(await Open().TryAppendAsync(entry, default));

        var read = Assert.Single(await Open().ReadAsync(0, 10, default));

        Assert.Equal(entry with { Changes = read.Changes }, read);
        Assert.Equal(entry.Changes, read.Changes);
    }

    [ContractFact]
    public async Task Entries_ComeInTheirOrder_FromAnyVersion_NoMoreThanAskedFor()
    {
        var log = Open();
        for (var version = 1; version <= 5; version++)
        {
            Assert.True(await log.TryAppendAsync(Entry(version), default));
        }

        Assert.Equal([3, 4], (await log.ReadAsync(2, 2, default)).Select(e => e.Version));
        Assert.Empty(await log.ReadAsync(5, 10, default));
    }

    [ContractFact]
    public async Task OfManyWritersAtOnce_OneIsFirst_AndTheLogHasNoGap()
    {
        var winners = new List<Guid>();
        for (var version = 1; version <= 10; version++)
        {
            var entries = Enumerable.Range(0, 8).Select(_ => Entry(version)).ToArray();
            var outcomes = await Task.WhenAll(entries.Select(e => Open().TryAppendAsync(e, default).AsTask()));
            winners.Add(Assert.Single(entries.Zip(outcomes), e => e.Second).First.Id);
        }

        Assert.Equal(winners, (await Open().ReadAsync(0, 100, default)).Select(e => e.Id));
    }

    [ContractFact]
    public async Task AVersionThatIsTaken_StaysWhatItIs()
    {
        var log = Open();
        var first = Entry(1);
        Assert.True(await log.TryAppendAsync(first, default));
        Assert.False(await log.TryAppendAsync(Entry(1), default));
        Assert.Equal(first.Id, Assert.Single(await log.ReadAsync(0, 10, default)).Id);
    }

    [ContractFact]
    public async Task AnEntryOfAThousandChanges_IsOneEntry()
    {
        var log = Open();
        var changes = Enumerable.Range(0, 1_000).Select(i => new PolicyChange("", $"10.0.{i >> 8}.{i & 255}", PeerOverride.None, new PeerOverride { MaxBatchSize = i + 1 }));
        Assert.True(await log.TryAppendAsync(Entry(1) with { Changes = [.. changes] }, default));
        Assert.Equal(1_000, Assert.Single(await log.ReadAsync(0, 1, default)).Changes.Count);
    }

    private protected static PolicyEntry Entry(long version) => new(version, Guid.NewGuid(), DateTimeOffset.UnixEpoch, "tester", "api", "", []);
}

public sealed class SqlitePolicyLogTests : PolicyLogContract, IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private protected override IPolicyLog Open() => new SqlitePolicyLog(new SqliteFile(_directory.Sub("state.db")));
}

[NeedsAzurite, Collection(AzuriteCollection.Name)]
public sealed class AzurePolicyLogTests(SharedAzurite azurite) : PolicyLogContract
{
    private readonly string _table = SharedAzurite.NewTableName();

    [AzuriteFact]
    public async Task ARow_IsAnEntry_AndTheHeadCountsThem()
    {
        var log = Open();
        Assert.True(await log.TryAppendAsync(Entry(1), default));
        Assert.True(await log.TryAppendAsync(Entry(2), default));

        var rows = new List<TableEntity>();
        await foreach (var row in azurite.Server!.Connect().GetTableClient(_table).QueryAsync<TableEntity>())
        {
            rows.Add(row);
        }

        Assert.Equal([("a_service", "0000000000000000001"), ("a_service", "0000000000000000002"), ("a_service", "head")], rows.Select(r => (r.PartitionKey, r.RowKey)));
        Assert.Equal(2, rows[2].GetInt64("Version"));
    }

    [AzuriteFact]
    public async Task ServicesOfOneTable_HaveLogsOfTheirOwn()
    {
        Assert.True(await Open().TryAppendAsync(Entry(1), default));
        Assert.Empty(await new AzurePolicyLog(azurite.Server!.Connect(), _table, "another").ReadAsync(0, 10, default));
    }

    [AzuriteFact]
    public async Task TheLargestChange_IsOneEntry_AndOneThatDoesNotFitIsRefused()
    {
        var log = Open();
        var random = new Random(1);
        var noise = new byte[600];
        PolicyEntry Changes(int count, Func<string> reason) => Entry(1) with
        {
            Changes = [.. Enumerable.Range(0, count).Select(i => new PolicyChange(
                "[::]:1825", $"2001:db8:{i:x}::/48", PeerOverride.None, new PeerOverride { Suspended = true, SuspendedReason = reason(), SuspendedUntil = DateTimeOffset.UnixEpoch.AddSeconds(random.Next()) }))],
        };

        var tooLarge = Changes(3_000, () =>
        {
            random.NextBytes(noise);
            return Convert.ToBase64String(noise);
        });
        var refusal = await Assert.ThrowsAsync<ArgumentException>(() => log.TryAppendAsync(tooLarge, default).AsTask());
        Assert.Contains("a row of Azure Table storage holds 983040. Make it in several changes.", refusal.Message);
        Assert.Empty(await log.ReadAsync(0, 1, default));

        var largest = Changes(PolicyProposal.MaxChanges, () => $"abuse, ticket {random.Next()}");
        Assert.True(await log.TryAppendAsync(largest, default));
        Assert.Equal(largest.Changes, Assert.Single(await log.ReadAsync(0, 1, default)).Changes);
    }

    private protected override IPolicyLog Open() => new AzurePolicyLog(azurite.Server!.Connect(), _table, "a/service");
}
