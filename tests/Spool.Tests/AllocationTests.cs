namespace EcStreamOrleans.Spool.Tests;

/// <summary>What an append costs the collector: little by the batch, nothing by the message.</summary>
public sealed class AllocationTests
{
    [Fact]
    public void WritingRecords_AllocatesNothing()
    {
        using var file = new Nowhere();
        using var buffer = new GroupBuffer(64 << 10);
        var batch = TestSpool.Batch(1, messages: 100, bytes: 1_000);
        var header = new RecordHeader(RecordKind.Batch, 1, 1, 0, batch.Id, 1, batch.Ends.Length, batch.Peer.Length, batch.Listener.Length, batch.Packages.Length);

        Assert.Equal(0, Allocations.Of(Write));
        Assert.Equal(SegmentStore.AlignBlock((int)(10 * header.TotalBytes)), file.Length);

        void Write()
        {
            file.Length = 0;
            buffer.Begin(file, 0);
            for (var i = 0; i < 10; i++)
            {
                buffer.PutRecord(header, batch, key: 7);
            }

            buffer.End();
        }
    }

    [Fact]
    public void ReadingAHeader_AllocatesNothing()
    {
        var batch = TestSpool.Batch(1);
        var written = new RecordHeader(RecordKind.Batch, 1, 1, 0, batch.Id, 1, batch.Ends.Length, 9, 14, batch.Packages.Length);
        var record = new byte[written.TotalBytes];
        written.Write(record, key: 7);
        var isOne = false;
        var read = default(RecordHeader);

        Assert.Equal(0, Allocations.Of(() => isOne = RecordHeader.TryRead(record, key: 7, out read)));
        Assert.True(isOne);
        Assert.Equal(written, read);
    }

    /// <summary>On the thread of who appends. The writer's own thread keeps an entry for each record that waits.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(1_000)]
    public async Task AnAppend_AllocatesNothingByTheMessage(int messages)
    {
        await using var spool = TestSpool.Open(new MemoryDisk());
        var least = long.MaxValue;
        for (var i = 1; i <= 20; i++)
        {
            var batch = TestSpool.Batch(i, messages, bytes: 10);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var append = spool.AppendAsync(batch, CancellationToken.None);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal(AppendStatus.Durable, (await append).Status);
        }

        Assert.Equal(0, least);
    }

    private sealed class Nowhere : ISpoolFile
    {
        public long Length { get; set; }

        public int Read(Span<byte> destination, long offset) => 0;

        public void Write(ReadOnlySpan<byte> source, long offset) => Length += source.Length;

        public void Flush()
        {
        }

        public void Dispose()
        {
        }
    }
}
