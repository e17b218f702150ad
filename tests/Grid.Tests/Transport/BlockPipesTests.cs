using System.IO.Pipelines;
using EcStreamOrleans.Transport;

namespace EcStreamOrleans.Grid.Tests.Transport;

public class BlockPipesTests
{
    [Fact]
    public async Task AnIdleConnection_HoldsNoBlock_AndABusyOneReadsWholeOnes()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await using var stream = new SizesRead(pipe.Reader.AsStream());
        var pipes = new BlockPipes(stream);

        var reading = pipes.Input.ReadAsync();
        Assert.Equal([0], stream.Sizes);

        await pipe.Writer.WriteAsync(new byte[200_000]);
        pipes.Input.AdvanceTo((await reading).Buffer.End);
        Assert.Equal([0, 65_536], stream.Sizes);
        pipes.Complete();
    }

    [Fact]
    public async Task Completing_SendsWhatWasFlushed_AndNothingMore()
    {
        await using var stream = new MemoryStream();
        var pipes = new BlockPipes(stream);
        await pipes.Output.WriteAsync(new byte[] { 1 });
        pipes.Output.GetMemory(1).Span[0] = 2;
        pipes.Output.Advance(1);

        await pipes.Output.CompleteAsync();
        pipes.Complete();

        Assert.Equal([1], stream.ToArray());
    }

    private sealed class SizesRead(Stream inner) : Stream
    {
        public List<int> Sizes { get; } = [];

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Sizes.Add(buffer.Length);
            return inner.ReadAsync(buffer, cancellationToken);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
