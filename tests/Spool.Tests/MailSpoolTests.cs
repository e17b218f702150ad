using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace EcStreamOrleans.Spool.Tests;

/// <summary>What a caller sees of a spool that works, and of one whose disk does not.</summary>
public sealed class MailSpoolTests
{
    [Fact]
    public async Task Append_SameIdTwice_IsOneRecord()
    {
        var disk = new MemoryDisk();
        long record;
        await using (var spool = TestSpool.Open(disk))
        {
            record = await spool.Append(TestSpool.Batch(1));
            Assert.Equal(new AppendResult(AppendStatus.Duplicate, record, null), await spool.AppendAsync(TestSpool.Batch(1), CancellationToken.None));
        }

        await using var again = TestSpool.Open(disk);
        Assert.Equal(new AppendResult(AppendStatus.Duplicate, record, null), await again.AppendAsync(TestSpool.Batch(1), CancellationToken.None));
        Assert.Equal(record, Assert.Single(await again.Waiting()).RecordNumber);
    }

    [Fact]
    public async Task Append_SameIdWhileInFlight_JoinsTheFirst()
    {
        using var reached = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var disk = new MemoryDisk();
        var options = TestSpool.Options();
        options.SpareSegments = 0;
        await using var spool = TestSpool.Open(disk, options);
        disk.FlushFault = _ =>
        {
            reached.Set();
            go.Wait();
            return null;
        };
        var first = spool.AppendAsync(TestSpool.Batch(1), CancellationToken.None).AsTask();
        reached.Wait();
        var second = spool.AppendAsync(TestSpool.Batch(1), CancellationToken.None).AsTask();
        Assert.False(second.IsCompleted);
        go.Set();
        Assert.Equal(await first, await second);
        Assert.Equal(1, spool.GetStatus().Records);
        Assert.Equal(1, spool.GetStatus().Duplicates);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DiskFails_AppendFails_AndTheIdIsFreeAgain(bool atFlush)
    {
        var time = new FakeTimeProvider();
        var disk = new MemoryDisk();
        await using (var spool = TestSpool.Open(disk, time: time))
        {
            await spool.Append(TestSpool.Batch(1));
            Func<string, Exception?> fault = path => path.EndsWith(".ecs", StringComparison.Ordinal) ? new IOException("Input/output error") : null;
            disk.WriteFault = atFlush ? null : fault;
            disk.FlushFault = atFlush ? fault : null;
            var failed = await spool.AppendAsync(TestSpool.Batch(2), CancellationToken.None);
            Assert.Equal(AppendStatus.Failed, failed.Status);
            Assert.Contains("Input/output error", failed.Reason, StringComparison.Ordinal);
            Assert.False(spool.GetStatus().Healthy);

            (disk.WriteFault, disk.FlushFault) = (null, null);
            Assert.Equal(AppendStatus.Failed, (await spool.AppendAsync(TestSpool.Batch(2), CancellationToken.None)).Status);
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(2, await spool.Append(TestSpool.Batch(2)));
            Assert.True(spool.GetStatus().Healthy);
        }

        await using var again = TestSpool.Open(disk);
        Assert.Equal([1, 2], (await again.Waiting()).Select(record => record.RecordNumber));
        using var second = again.Read(new SpoolRecordRef(2, 2, 0, default, 0));
        Assert.Equal(TestSpool.Id(2), second.Id);
    }

    [Fact]
    public async Task FailedFlush_ThenAnotherBatch_FirstNeverComesBack()
    {
        var time = new FakeTimeProvider();
        var disk = new MemoryDisk();
        await using (var spool = TestSpool.Open(disk, time: time))
        {
            await spool.Append(TestSpool.Batch(1));
            disk.FlushFault = path => path.EndsWith(".ecs", StringComparison.Ordinal) ? new IOException("EIO") : null;
            Assert.Equal(AppendStatus.Failed, (await spool.AppendAsync(TestSpool.Batch(2), CancellationToken.None)).Status);
            disk.FlushFault = null;
            time.Advance(TimeSpan.FromSeconds(1));
            await spool.Append(TestSpool.Batch(3));
        }

        // The disk kept all of it, and still the record that was refused is not there, nor is its id taken for a durable one.
        await using var again = TestSpool.Open(disk);
        var waiting = await again.Waiting();
        Assert.Equal(2, waiting.Count);
        using var last = again.Read(waiting[1]);
        Assert.Equal(TestSpool.Id(3), last.Id);
        await again.Append(TestSpool.Batch(2));
    }

    [Fact]
    public async Task MaxBytesReached_IsFullWithTheLimit_UntilASegmentIsFree()
    {
        var options = TestSpool.Options();
        options.MaxBytes = 64 << 10;
        var disk = new MemoryDisk();
        await using var spool = TestSpool.Open(disk, options);
        List<long> records = [];
        AppendResult result;
        for (var n = 1; ; n++)
        {
            result = await spool.AppendAsync(TestSpool.Batch(n, 1, 4000), CancellationToken.None);
            if (result.Status != AppendStatus.Durable)
            {
                break;
            }

            records.Add(result.RecordNumber);
        }

        Assert.Equal(AppendStatus.Full, result.Status);
        Assert.Contains("Spool:MaxBytes allows 65536", result.Reason, StringComparison.Ordinal);
        Assert.False(spool.GetStatus().Healthy);
        foreach (var record in records)
        {
            await spool.Deliver(record, 0);
        }

        // Releases follow the outcomes on the journal's thread: one more outcome is the barrier behind them.
        await spool.Deliver(1, 0);
        Assert.True(spool.GetStatus().Healthy);
        await spool.Append(TestSpool.Batch(1000));
    }

    [Fact]
    public async Task NoSpaceOnTheDisk_IsFull_AndSpaceIsFoundAgain()
    {
        var time = new FakeTimeProvider();
        var disk = new MemoryDisk { WriteFault = path => path.EndsWith(".ecs", StringComparison.Ordinal) ? new SpoolDiskFullException("No space left on device", null) : null };
        await using var spool = TestSpool.Open(disk, time: time);
        for (var i = 0; i < 20; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(AppendStatus.Full, (await spool.AppendAsync(TestSpool.Batch(1), CancellationToken.None)).Status);
        }

        disk.WriteFault = null;
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, await spool.Append(TestSpool.Batch(1)));
        Assert.True(spool.GetStatus().Healthy);
    }

    [Fact]
    public async Task AFailedDisk_ThatIsBack_IsFoundOutWithoutAnAppend()
    {
        var time = new FakeTimeProvider();
        var disk = new MemoryDisk();
        await using var spool = TestSpool.Open(disk, time: time);
        disk.WriteFault = _ => new IOException("EIO");
        Assert.Equal(AppendStatus.Failed, (await spool.AppendAsync(TestSpool.Batch(1), CancellationToken.None)).Status);
        Assert.False(spool.GetStatus().Healthy);

        time.Advance(TimeSpan.FromSeconds(1));
        disk.WriteFault = null;
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return spool.GetStatus().Healthy;
            },
            TimeSpan.FromSeconds(60)));
        Assert.Equal(1, await spool.Append(TestSpool.Batch(1)));
    }

    [Fact]
    public async Task TooLittleFreeSpace_IsFullWithTheLimit()
    {
        var options = TestSpool.Options();
        options.MinFreeDiskBytes = 1000;
        await using var spool = TestSpool.Open(new MemoryDisk { Free = 900 }, options);
        var result = await spool.AppendAsync(TestSpool.Batch(1), CancellationToken.None);
        Assert.Equal(AppendStatus.Full, result.Status);
        Assert.Contains("900 bytes are free", result.Reason, StringComparison.Ordinal);
        Assert.Contains("Spool:MinFreeDiskBytes keeps 1000", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JournalFails_OutcomeIsNotRecorded_AndCanBeRecordedLater()
    {
        var disk = new MemoryDisk();
        await using (var spool = TestSpool.Open(disk))
        {
            await spool.Append(TestSpool.Batch(1, 1));
            disk.FlushFault = path => path.Contains(".ecj", StringComparison.Ordinal) ? new IOException("EIO") : null;
            await Assert.ThrowsAsync<IOException>(() => spool.Deliver(1, 0));
            Assert.Equal(1, spool.GetStatus().MessagesWaiting);
            Assert.False(spool.GetStatus().Healthy);
            disk.FlushFault = null;
            await spool.Deliver(1, 0);
            Assert.True(spool.GetStatus().Healthy);
            Assert.Equal(0, spool.GetStatus().MessagesWaiting);
        }

        await using var again = TestSpool.Open(disk);
        Assert.Equal(0, again.Recovery.WaitingRecords);
    }

    [Fact]
    public async Task LongRun_SegmentsAndJournalsStayFew_AndNothingComesBack()
    {
        var disk = new MemoryDisk();
        for (var life = 0; life < 4; life++)
        {
            await using var spool = TestSpool.Open(disk);
            Assert.Equal(0, spool.Recovery.WaitingRecords);
            for (var n = 1; n <= 300; n++)
            {
                var record = await spool.Append(TestSpool.Batch((life * 1000) + n, 2, 700));
                Assert.Equal((life * 300) + n, record);
                await spool.Deliver(record, 0, 1);
            }

            Assert.True(spool.GetStatus().BytesUsed <= 6 * (32 << 10), $"{spool.GetStatus().BytesUsed} bytes in use");
            Assert.InRange(disk.List(TestSpool.Directory).Count(name => name.EndsWith(".ecj", StringComparison.Ordinal)), 1, 1);
        }
    }

    [Fact]
    public async Task SegmentThatWasNotWrittenInAdvance_IsCompletedAndUsedAgain()
    {
        var disk = new MemoryDisk();
        var options = TestSpool.Options();
        options.SpareSegments = 0;
        await using var spool = TestSpool.Open(disk, options);
        List<long> records = [];
        for (var n = 1; n <= 4; n++)
        {
            records.Add(await spool.Append(TestSpool.Batch(n, 1, 12_000)));
        }

        // The third did not fit in the first segment. All of it is done: it is free, and brought to its size.
        await spool.Deliver(records[0], 0);
        await spool.Deliver(records[1], 0);
        Assert.True(SpinWait.SpinUntil(() => spool.GetStatus().SegmentsSpare == 1 && disk.Image().Count(IsWholeSegment) == 1, TimeSpan.FromSeconds(30)));

        await spool.Append(TestSpool.Batch(5, 1, 12_000));
        Assert.Equal(0, spool.GetStatus().SegmentsSpare);
        Assert.Equal(2, disk.List(TestSpool.Directory).Count(name => name.EndsWith(".ecs", StringComparison.Ordinal)));

        bool IsWholeSegment(KeyValuePair<string, byte[]> file) => file.Key.EndsWith(".ecs", StringComparison.Ordinal) && file.Value.Length == options.SegmentBytes;
    }

    [Fact]
    public void BatchesWait_NoSegmentIsWrittenInAdvance()
    {
        var disk = new MemoryDisk();
        var isBusy = true;
        var wroteBesideTheWriter = false;
        disk.WriteFault = _ =>
        {
            wroteBesideTheWriter |= Volatile.Read(ref isBusy);
            return null;
        };
        using var segments = new SegmentStore(TestSpool.Options(), disk, 1);
        segments.NoteWriter(isBusy: true);
        segments.Start();
        Assert.True(SpinWait.SpinUntil(() => disk.List(TestSpool.Directory).Count == 1, TimeSpan.FromSeconds(30)));
        Assert.False(SpinWait.SpinUntil(() => wroteBesideTheWriter, TimeSpan.FromMilliseconds(50)));

        Volatile.Write(ref isBusy, false);
        segments.NoteWriter(isBusy: false);
        Assert.True(SpinWait.SpinUntil(() => segments.Totals().Spares == 1, TimeSpan.FromSeconds(30)));
        Assert.False(wroteBesideTheWriter);
    }

    [Fact]
    public async Task BatchLargerThanASegment_ComesBackWhole()
    {
        var disk = new MemoryDisk();
        var large = TestSpool.Batch(2, 1, 300_000);
        await using (var spool = TestSpool.Open(disk))
        {
            await spool.Append(TestSpool.Batch(1));
            await spool.Append(large);
            await spool.Append(TestSpool.Batch(3));
        }

        await using var again = TestSpool.Open(disk);
        var waiting = await again.Waiting();
        Assert.Equal(3, waiting.Count);
        using (var record = again.Read(waiting[1]))
        {
            Assert.True(record.GetPackage(0).Span.SequenceEqual(large.Packages.Span));
        }

        await again.Deliver(2, 0);
        await again.Deliver(1, 0);
        Assert.DoesNotContain(disk.Image(), pair => pair.Value.Length >= 300_000);
    }

    [Fact]
    public async Task RecipientOutcomes_AreKeptOverReopen_UntilTheMessageIsDone()
    {
        var disk = new MemoryDisk();
        await using (var spool = TestSpool.Open(disk))
        {
            await spool.Append(TestSpool.Batch(1, 1));
            await spool.RecordOutcomesAsync(new SpoolOutcome[] { new(1, 0, 3, OutcomeKind.Delivered, "") }, CancellationToken.None);
        }

        await using var again = TestSpool.Open(disk);
        using var record = again.Read(Assert.Single(await again.Waiting()));
        Assert.True(record.IsDone(0, 3));
        Assert.False(record.IsDone(0, 2));
        Assert.False(record.IsDone(0));
        await again.Deliver(1, 0);
        Assert.True(record.IsDone(0, 2));
    }

    [Fact]
    public async Task StoppedSpool_TakesNothingAndHandsOutNothing()
    {
        var spool = TestSpool.Open(new MemoryDisk());
        await spool.DisposeAsync();
        Assert.Equal(AppendStatus.Stopping, (await spool.AppendAsync(TestSpool.Batch(1), CancellationToken.None)).Status);
        Assert.Null(await spool.NextAsync(CancellationToken.None));
    }

    [Fact]
    public void MessageId_RoundTrips()
    {
        var text = MailSpool.FormatMessageId("00af", 0x1f2e, 17);
        Assert.Equal("00af-1f2e-17", text);
        Assert.True(MailSpool.TryParseMessageId(text, out var spool, out var record, out var index));
        Assert.Equal(("00af", 0x1f2eL, 17), (spool, record, index));
        var bytes = new byte[64];
        Assert.True(MailSpool.TryFormatMessageId(bytes, "00af", 0x1f2e, 17, out var written));
        Assert.Equal(text, Encoding.UTF8.GetString(bytes, 0, written));
        for (var length = 0; length < text.Length; length++)
        {
            Assert.False(MailSpool.TryFormatMessageId(bytes.AsSpan(0, length), "00af", 0x1f2e, 17, out _));
            Assert.False(MailSpool.TryParseMessageId(text[..length], out _, out _, out _) && length < 11);
        }
    }
}
