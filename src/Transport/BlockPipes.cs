using System.IO.Pipelines;

namespace EcStreamOrleans.Transport;

/// <summary>Pipes over a stream in large blocks. An idle connection holds none: it waits with a read of no octets.</summary>
internal sealed class BlockPipes : IDuplexPipe
{
    public const int BlockBytes = 65_536;

    /// <summary>What is left of a block when less than an eighth is free in it is not worth a read of its own.</summary>
    public static readonly StreamPipeReaderOptions ReaderOptions = new(bufferSize: BlockBytes, minimumReadSize: BlockBytes / 8, leaveOpen: true, useZeroByteReads: true);

    private static readonly StreamPipeWriterOptions WriterOptions = new(minimumBufferSize: BlockBytes, leaveOpen: true);

    public BlockPipes(Stream stream)
    {
        Input = PipeReader.Create(stream, ReaderOptions);
        Output = new FlushedWriter(PipeWriter.Create(stream, WriterOptions));
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>Gives the blocks back; again does nothing.</summary>
    public void Complete()
    {
        Input.Complete();
        Output.Complete();
    }

    /// <summary>
    /// Sends what is flushed and nothing more when it is completed. The framework's writer would send the rest first, and Orleans completes it
    /// before it aborts the connection: with a peer that reads no more, neither would ever happen.
    /// </summary>
    private sealed class FlushedWriter(PipeWriter inner) : PipeWriter
    {
        private static readonly OperationCanceledException Ended = new("The connection ends: what has not been flushed is not sent.");

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) => inner.WriteAsync(source, cancellationToken);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception ?? Ended);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception ?? Ended);
    }
}
