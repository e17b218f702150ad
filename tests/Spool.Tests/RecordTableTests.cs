using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Spool.Tests;

public class RecordTableTests
{
    private readonly RecordTable _table = new();
    private readonly Segment _segment = new(1, "segment", file: null!, capacity: 8192);

    [Fact]
    public void ARecordThatIsDone_GivesItsMemoryToTheNext_AlsoBehindAnOlderOneThatWaits()
    {
        _table.Add(Entry(1), null);
        AddAndDeliver(2, 10_000);

        var before = GC.GetAllocatedBytesForCurrentThread();
        AddAndDeliver(10_002, 10_000);

        // Far less than a place each: what grows is the list of the segment's done records, eight octets a record and room to grow.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 10_000);
        Assert.Equal(Entry(1).Header.AcceptedTicks, _table.Totals().Oldest?.UtcTicks);
        Assert.Equal([1L], _table.Waiting().Select(record => record.RecordNumber));
    }

    [Fact]
    public void WhatWaits_KeepsItsOrder_WhicheverIsDoneBetween()
    {
        for (var number = 1; number <= 3_000; number++)
        {
            _table.Add(Entry(number), null);
        }

        // Two of three go; the next ones take their places in memory, and stand behind all that was there.
        foreach (var number in Enumerable.Range(1, 3_000).Where(number => number % 3 != 0))
        {
            Deliver(number);
        }

        for (var number = 3_001; number <= 4_000; number++)
        {
            _table.Add(Entry(number), null);
        }

        var expected = Enumerable.Range(1, 3_000).Where(number => number % 3 == 0).Concat(Enumerable.Range(3_001, 1_000)).Select(number => (long)number).ToList();
        Assert.Equal(expected, _table.Waiting().Select(record => record.RecordNumber));
        Assert.Equal((2_000, 2_000L), (_table.Totals().Records, _table.Totals().Messages));
        Assert.All(expected, number => Assert.Equal(4096 * number, _table.Find(number)?.Offset));
        Assert.Null(_table.Find(1));
    }

    [Fact]
    public void BehindABacklogThatIsDelivered_TheTableBeginsAnew()
    {
        AddAndDeliver(1, 100_000, atOnce: true);
        Assert.Equal((0, 0L), (_table.Totals().Records, _table.Totals().Messages));

        AddAndDeliver(100_001, 2_000, atOnce: true);
        _table.Add(Entry(102_001), null);

        Assert.Equal(102_001, Assert.Single(_table.Waiting()).RecordNumber);
        Assert.Equal(102_001, _table.Find(102_001)?.Number);
    }

    [Fact]
    public void WhatIsDoneOfARecord_IsKnown_UntilItIsDoneAltogether()
    {
        _table.Add(Entry(7, count: 2), [(1, 0)]);
        _table.Apply(new SpoolOutcome(7, 0, SpoolOutcome.AllRecipients, OutcomeKind.Delivered, ""));

        Assert.True(_table.IsDone(7, 0, 3));
        Assert.True(_table.IsDone(7, 1, 0));
        Assert.False(_table.IsDone(7, 1, 1));
        Assert.Equal((1, 1L), (_table.Totals().Records, _table.Totals().Messages));

        _table.Apply(new SpoolOutcome(7, SpoolOutcome.AllMessages, SpoolOutcome.AllRecipients, OutcomeKind.Delivered, ""));
        Assert.True(_table.IsDone(7, 1, 1));
        Assert.Equal((0, 0L), (_table.Totals().Records, _table.Totals().Messages));
    }

    [Fact]
    public void TheOldest_IsTheFirstThatWaits()
    {
        foreach (var number in new[] { 1, 2, 3 })
        {
            _table.Add(Entry(number), null);
        }

        Deliver(2);
        Assert.Equal(Entry(1).Header.AcceptedTicks, _table.Totals().Oldest?.UtcTicks);
        Deliver(1);
        Assert.Equal(Entry(3).Header.AcceptedTicks, _table.Totals().Oldest?.UtcTicks);
        Deliver(3);
        Assert.Null(_table.Totals().Oldest);
    }

    private void AddAndDeliver(long first, int count, bool atOnce = false)
    {
        for (var number = first; number < first + count; number++)
        {
            _table.Add(Entry(number), null);
            if (!atOnce)
            {
                Deliver(number);
            }
        }

        for (var number = first; atOnce && number < first + count; number++)
        {
            Deliver(number);
        }
    }

    private void Deliver(long number) => _table.Apply(new SpoolOutcome(number, 0, SpoolOutcome.AllRecipients, OutcomeKind.Delivered, ""));

    private RecordEntry Entry(long number, int count = 1) =>
        new(_segment, 4096 * number, new RecordHeader(RecordKind.Batch, 1, number, 0, new BatchId(Guid.Empty, number), 1_000 + number, count, 1, 1, 10));
}
