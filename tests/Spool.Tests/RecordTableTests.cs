using System.Runtime.CompilerServices;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Spool.Tests;

public class RecordTableTests
{
    private readonly RecordTable _table = new();
    private readonly Segment _segment = new(1, "segment", file: null!, capacity: 8192);

    [Fact]
    public void ARecordThatIsDone_TakesNoMemory_AlsoBehindAnOlderOneThatWaits()
    {
        _table.Add(Entry(1), null);
        var done = AddAndDeliver(2);

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(done.IsAlive);
        Assert.Equal(Entry(1).Header.AcceptedTicks, _table.Totals().Oldest?.UtcTicks);
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

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference AddAndDeliver(long number)
    {
        var entry = Entry(number);
        _table.Add(entry, null);
        Deliver(number);
        return new WeakReference(entry);
    }

    private void Deliver(long number) => _table.Apply(new SpoolOutcome(number, 0, SpoolOutcome.AllRecipients, OutcomeKind.Delivered, ""));

    private RecordEntry Entry(long number) =>
        new(number, _segment, 4096 * number, new RecordHeader(RecordKind.Batch, 1, number, 0, new BatchId(Guid.Empty, number), 1_000 + number, 1, 1, 1, 10));
}
