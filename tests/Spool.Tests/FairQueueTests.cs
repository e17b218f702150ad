using CsCheck;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Spool.Tests;

public class FairQueueTests
{
    private int _sequence;

    [Fact]
    public void ASmallPeer_IsServedBeforeTheFloodThatCameFirst()
    {
        var queue = new FairQueue(quantum: 100);
        for (var i = 0; i < 1_000; i++)
        {
            queue.Enqueue(Operation("flood", 100));
        }

        queue.Enqueue(Operation("small", 10));

        Assert.Contains("small", Take(queue, 3).Select(o => o.Batch.Peer));
    }

    [Fact]
    public void EqualPeers_GetEqualBytes_WhateverTheirBatches()
    {
        var queue = new FairQueue(quantum: 100);
        for (var i = 0; i < 1_000; i++)
        {
            queue.Enqueue(Operation("big", 1_000));
            for (var j = 0; j < 10; j++)
            {
                queue.Enqueue(Operation("little", 100));
            }
        }

        var taken = Take(queue, 1_100);

        var big = taken.Where(o => o.Batch.Peer == "big").Sum(o => o.RecordBytes);
        var little = taken.Where(o => o.Batch.Peer == "little").Sum(o => o.RecordBytes);
        Assert.InRange(big, little - 1_100, little + 1_100);
    }

    [Fact]
    public void OnePeer_KeepsItsOrder_AndNothingIsLost()
    {
        Gen.Select(Gen.Int[0, 4], Gen.Long[1, 300]).Array[0, 200].Sample(batches =>
        {
            var queue = new FairQueue(quantum: 100);
            var operations = batches.Select(b => Operation($"peer{b.Item1}", b.Item2)).ToList();
            operations.ForEach(queue.Enqueue);

            var taken = Take(queue, int.MaxValue);

            return queue.Count == 0
                && taken.Count == operations.Count
                && operations.GroupBy(o => o.Batch.Peer).All(g => g.SequenceEqual(taken.Where(o => o.Batch.Peer == g.Key)));
        });
    }

    [Fact]
    public void WhatDoesNotFit_Stays()
    {
        var queue = new FairQueue(quantum: 100);
        queue.Enqueue(Operation("a", 500));

        Assert.False(queue.TryTake(499, long.MaxValue, out _));
        Assert.Equal(1, queue.Count);
        Assert.True(queue.TryTake(500, long.MaxValue, out _));
        Assert.False(queue.TryTake(long.MaxValue, long.MaxValue, out _));
    }

    [Fact]
    public void APeerThatHasHadItsPartOfAGroup_WaitsForTheNext_AndTheOthersGoOn()
    {
        var queue = new FairQueue(quantum: 100);
        for (var i = 0; i < 10; i++)
        {
            queue.Enqueue(Operation("flood", 100));
        }

        queue.Enqueue(Operation("big", 900));
        queue.Enqueue(Operation("small", 10));
        queue.Enqueue(Operation("small", 10));

        Assert.Equal(["big", "flood", "flood", "flood", "small", "small"], Group(queue, 300).Order(StringComparer.Ordinal));
        Assert.Equal(["flood", "flood", "flood"], Group(queue, 300));
        Assert.Equal(4, queue.Count);
        Assert.Equal(4, Group(queue, long.MaxValue).Count);
    }

    private static List<string> Group(FairQueue queue, long mostOfPeer)
    {
        List<string> taken = [];
        queue.BeginGroup();
        while (queue.TryTake(long.MaxValue, mostOfPeer, out var operation))
        {
            taken.Add(operation.Batch.Peer);
        }

        return taken;
    }

    private static List<AppendOperation> Take(FairQueue queue, int most)
    {
        List<AppendOperation> taken = [];
        while (taken.Count < most && queue.TryTake(long.MaxValue, long.MaxValue, out var operation))
        {
            taken.Add(operation);
        }

        return taken;
    }

    private AppendOperation Operation(string peer, long bytes) =>
        AppendOperation.Rent(
            new SpoolBatch { Id = new BatchId(Guid.Empty, ++_sequence), Peer = peer, Listener = "", Packages = default, Ends = default },
            bytes);
}
