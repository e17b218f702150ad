using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace EcStreamOrleans.Spool.Tests;

/// <summary>Copies of another spool's records: there once, known by their owner's numbers, gone when the owner says so, and delivered in its place with an account.</summary>
public sealed class CopySpoolTests
{
    private const string Owner = "4f2a-0123456789abcdef";

    private static Task<CopySpool> Open(ISpoolFiles disk) => CopySpool.OpenAsync(
        TestSpool.Options(), Owner, disk, new FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)), NullLogger<MailSpool>.Instance);

    private static async Task<CopyKey> Store(CopySpool copies, long number, int batch)
    {
        var result = await copies.StoreAsync(TestSpool.Batch(batch) with { Origin = number, AcceptedAt = new DateTimeOffset(2025, 1, 1, 0, 0, (int)number, TimeSpan.Zero) });
        Assert.True(result.Status is AppendStatus.Durable or AppendStatus.Duplicate);
        return new CopyKey(number, TestSpool.Id(batch));
    }

    private static CopyOutcome All(CopyKey key) => new(key, SpoolOutcome.AllMessages, SpoolOutcome.AllRecipients, OutcomeKind.Delivered, "");

    [Fact]
    public async Task Copies_KeepTheirOwnersNumbers_AndInstant_OverAnOpening()
    {
        var disk = new MemoryDisk();
        CopyKey later, earlier;
        await using (var copies = await Open(disk))
        {
            later = await Store(copies, 12, 1);
            earlier = await Store(copies, 7, 2);
            Assert.Equal([earlier, later], copies.List(after: null, 10));
        }

        await using var again = await Open(disk);
        Assert.Equal([earlier, later], again.List(after: null, 10));
        Assert.Equal([later], again.List(earlier, 10));
        Assert.Empty(again.List(later, 10));
        Assert.Equal("4f2a", again.Spool.Id);
        var first = again.GetWaiting()[0];
        using var record = again.Spool.Read(first);
        Assert.Equal((7L, 7L, 2025, 7), (first.Origin, record.KnownAs, record.AcceptedAt.Year, record.AcceptedAt.Second));
        Assert.Equal(TestSpool.Batch(2).Packages.ToArray(), record.GetPackages().ToArray());
    }

    [Fact]
    public async Task ACopyThatComesTwice_IsThereOnce()
    {
        await using var copies = await Open(new MemoryDisk());
        await Store(copies, 1, 1);
        await Store(copies, 1, 1);

        Assert.Single(copies.List(after: null, 10));
        Assert.Equal(1, copies.Spool.GetStatus().RecordsWaiting);
    }

    [Fact]
    public async Task ABatchTakenBack_ThatComesAgain_IsNotFreedByTheWordOnItsFirstNumber()
    {
        await using var copies = await Open(new MemoryDisk());
        var first = await Store(copies, 1, 1);
        var second = await Store(copies, 2, 1);
        await copies.FreeAsync([All(first)]);

        Assert.Equal([second], copies.List(after: null, 10));
        Assert.Equal(1, copies.Spool.GetStatus().RecordsWaiting);
    }

    [Fact]
    public async Task ABatchThatWasFreed_AndComesAgain_IsStoredAgain()
    {
        var disk = new MemoryDisk();
        await using (var copies = await Open(disk))
        {
            await copies.FreeAsync([All(await Store(copies, 1, 1))]);
            Assert.Equal(0, copies.Spool.GetStatus().RecordsWaiting);
        }

        await using var again = await Open(disk);
        var second = await Store(again, 2, 1);
        Assert.Equal([second], again.List(after: null, 10));
        Assert.Equal(1, again.Spool.GetStatus().RecordsWaiting);
    }

    [Fact]
    public async Task ANumberThatAnotherBatchHas_IsNotTakenForIt()
    {
        // The owner's disk failed under the first, so its number went to the second.
        await using var copies = await Open(new MemoryDisk());
        var failed = await Store(copies, 5, 1);
        var acknowledged = await Store(copies, 5, 2);
        await copies.FreeAsync([All(failed)]);

        Assert.Equal([acknowledged], copies.List(after: null, 10));
    }

    [Fact]
    public async Task WhatIsDoneInPart_IsNotDeliveredAgain()
    {
        var disk = new MemoryDisk();
        CopyKey key;
        await using (var copies = await Open(disk))
        {
            key = await Store(copies, 1, 1);
            await copies.FreeAsync([new CopyOutcome(key, 1, SpoolOutcome.AllRecipients, OutcomeKind.Delivered, "")]);
        }

        await using var again = await Open(disk);
        using var record = again.Spool.Read(Assert.Single(again.GetWaiting()));
        Assert.Equal((false, true), (record.IsDone(0), record.IsDone(1)));
    }

    [Fact]
    public async Task WhatWasDoneInTheOwnersPlace_IsKeptForIt_LongerThanTheCopy()
    {
        var disk = new MemoryDisk();
        CopyKey key;
        await using (var copies = await Open(disk))
        {
            key = await Store(copies, 9, 1);
            var record = copies.GetWaiting()[0].RecordNumber;
            await copies.RecordAsync(new SpoolOutcome[] { new(record, 0, -1, OutcomeKind.Delivered, ""), new(record, 1, -1, OutcomeKind.Failed, "5.1.1 no such user") });
            Assert.Empty(copies.List(after: null, 10));
        }

        await using (var again = await Open(disk))
        {
            var (first, next) = await again.ReadOutcomesAsync(0, 1);
            var (rest, end) = await again.ReadOutcomesAsync(next, 10);
            Assert.Equal([new CopyOutcome(key, 0, -1, OutcomeKind.Delivered, "")], first);
            Assert.Equal([new CopyOutcome(key, 1, -1, OutcomeKind.Failed, "5.1.1 no such user")], rest);
            Assert.Empty((await again.ReadOutcomesAsync(end, 10)).Outcomes);
            Assert.Contains("/spool/failed/4f2a-9-1.package", disk.Image().Keys);
            await again.SettleAsync();
        }

        await using var settled = await Open(disk);
        Assert.False(settled.HasOutcomes);
    }

    [Theory]
    [InlineData(Unflushed.Kept)]
    [InlineData(Unflushed.Lost)]
    [InlineData(Unflushed.Torn)]
    public async Task AtAnyCrash_WhatWasStoredIsThere_AndWhatTheOwnerIsToldIsNotDeliveredAgain(Unflushed unflushed)
    {
        var random = new Random(7);
        var disk = new MemoryDisk();
        List<(int Step, CopyKey Key)> stored = [];
        List<(int Step, CopyKey Key)> recorded = [];
        await using (var copies = await Open(disk))
        {
            for (var i = 1; i <= 12; i++)
            {
                var key = await Store(copies, i, i);
                stored.Add((disk.StepCount, key));
                if (i % 3 == 0)
                {
                    var record = copies.GetWaiting()[0];
                    await copies.RecordAsync(new SpoolOutcome[] { new(record.RecordNumber, 0, -1, OutcomeKind.Delivered, ""), new(record.RecordNumber, 1, -1, OutcomeKind.Delivered, "") });
                    recorded.Add((disk.StepCount, new CopyKey(record.Origin, record.Batch)));
                }
            }
        }

        for (var steps = 1; steps <= disk.Steps.Count; steps++)
        {
            await using var copies = await Open(MemoryDisk.From(CrashImage.At(new Dictionary<string, byte[]>(), disk.Steps, steps, unflushed, random)));
            var waiting = copies.List(after: null, 100).ToHashSet();
            var told = (await copies.ReadOutcomesAsync(0, 100)).Outcomes.ToLookup(outcome => outcome.Key);
            Assert.All(stored.Where(s => s.Step <= steps), s => Assert.True(waiting.Contains(s.Key) || told[s.Key].Count() == 2, $"{s.Key.Number} after {steps} steps"));
            Assert.All(recorded.Where(r => r.Step <= steps), r => Assert.True(told[r.Key].Count() == 2, $"{r.Key.Number} after {steps} steps"));
            Assert.All(told, done => Assert.False(waiting.Contains(done.Key) && done.Count() == 2));
        }
    }

    [Fact]
    public async Task TheRegister_AndThePartners_AreThereAfterAnOpening()
    {
        var disk = new MemoryDisk();
        var register = new CopyRegister("127.0.0.1:11111@5", 3, IsComplete: true, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using (var copies = await Open(disk))
        {
            Assert.Null(copies.Register);
            copies.Write(register);
        }

        await using var again = await Open(disk);
        Assert.Equal(register, again.Register);

        var book = new PartnerBook(disk, TestSpool.Directory);
        book.Begin("one");
        book.Begin("two");
        book.Remove("one");
        var read = new PartnerBook(disk, TestSpool.Directory);
        Assert.Equal((2L, "two"), (read.Epoch, Assert.Single(read.Names)));
    }

    [Theory]
    [InlineData("../../../../etc/passwd")]
    [InlineData("4f2a-0123456789ABCDEF")]
    [InlineData("4f2a-0123456789abcde")]
    public async Task WhatIsNoNameOfASpool_IsNoDirectory(string name) => await Assert.ThrowsAsync<ArgumentException>(
        () => CopySpool.OpenAsync(TestSpool.Options(), name, new MemoryDisk(), TimeProvider.System, NullLogger<MailSpool>.Instance));
}
