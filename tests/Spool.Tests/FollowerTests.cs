namespace EcStreamOrleans.Spool.Tests;

/// <summary>A record with a follower is durable at once, and delivered only when it is handed out.</summary>
public sealed class FollowerTests
{
    [Fact]
    public async Task ARecordWithAFollower_HasToldItsNumber_AndWaitsToBeHandedOut()
    {
        await using var spool = TestSpool.Open(new MemoryDisk());
        var follower = new Follower();
        var first = await spool.Append(TestSpool.Batch(1) with { Follower = follower });
        var second = await spool.Append(TestSpool.Batch(2));

        Assert.Equal(first, follower.Number);
        Assert.Equal(second, (await spool.NextAsync(CancellationToken.None))!.Value.RecordNumber);
        spool.HandOut(first);
        Assert.Equal(first, (await spool.NextAsync(CancellationToken.None))!.Value.RecordNumber);
    }

    [Fact]
    public async Task ARecordTakenBack_IsGoneForGood_AndItsBatchMayComeAgain_AlsoBehindAnOpening()
    {
        var disk = new MemoryDisk();
        await using (var spool = TestSpool.Open(disk))
        {
            await spool.VoidAsync(await spool.Append(TestSpool.Batch(1) with { Follower = new Follower() }));
            Assert.Equal(0, spool.GetStatus().MessagesWaiting);
            Assert.False(spool.TryFind(TestSpool.Id(1), out _));
        }

        // Twice: the second opening reads what the first has compacted.
        await using (var again = TestSpool.Open(disk))
        {
            Assert.Equal(0, again.Recovery.WaitingRecords);
        }

        await using var third = TestSpool.Open(disk);
        Assert.Equal((0, 2L), (third.Recovery.WaitingRecords, await third.Append(TestSpool.Batch(1))));
    }

    [Fact]
    public async Task ARecordThatNobodyDecided_WaitsAfterACrash()
    {
        var disk = new MemoryDisk();
        await using (var spool = TestSpool.Open(disk))
        {
            await spool.Append(TestSpool.Batch(1) with { Follower = new Follower() });
        }

        await using var again = TestSpool.Open(disk);
        Assert.Single(await again.Waiting());
    }

    [Fact]
    public async Task Names_TellSpoolsApart()
    {
        await using var one = TestSpool.Open(new MemoryDisk());
        await using var other = TestSpool.Open(new MemoryDisk());

        Assert.True(CopySpool.IsName(one.Name));
        Assert.StartsWith(one.Id, one.Name, StringComparison.Ordinal);
        Assert.NotEqual(one.Name, other.Name);
    }

    private sealed class Follower : IAppendFollower
    {
        public long Number { get; private set; }

        public void Numbered(long recordNumber, DateTimeOffset acceptedAt) => Number = recordNumber;
    }
}
