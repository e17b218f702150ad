using System.IO.Pipelines;
using System.Net.Sockets;
using EcStreamOrleans.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace EcStreamOrleans.Edge;

/// <summary>
/// A connection that a session reads from its socket and writes to it, in large blocks and without a task of its own between: octets go from the kernel into a block and
/// from there into a batch. Kestrel's has a hand-over between threads on the way, and blocks of 4 KiB that it does not pool (docs/adr/0015). While it waits it holds no block.
/// </summary>
internal sealed class SocketConnection : ConnectionContext, IDuplexPipe
{
    private const int BlockBytes = 524_288;

    private static readonly StreamPipeReaderOptions ReaderOptions = new(bufferSize: BlockBytes, minimumReadSize: BlockBytes / 4, leaveOpen: true, useZeroByteReads: true);
    private static readonly StreamPipeWriterOptions WriterOptions = new(minimumBufferSize: 4_096, leaveOpen: true);

    private static readonly OperationCanceledException Ended = new("The connection ends.");

    private readonly Socket _socket;
    private ConnectionAbortedException? _abortReason;

    public SocketConnection(Socket socket)
    {
        _socket = socket;
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        var stream = new SocketStream(this);
        Input = PipeReader.Create(stream, ReaderOptions);
        Output = PipeWriter.Create(stream, WriterOptions);
    }

    /// <inheritdoc/>
    public override IDuplexPipe Transport
    {
        get => this;
        set => throw new NotSupportedException();
    }

    /// <summary>Sessions have ids of their own.</summary>
    public override string ConnectionId { get; set; } = "";

    /// <summary>None.</summary>
    public override IFeatureCollection Features => field ??= new FeatureCollection();

    /// <summary>None.</summary>
    public override IDictionary<object, object?> Items
    {
        get => field ??= new ConnectionItems();
        set;
    }

    /// <inheritdoc/>
    public PipeReader Input { get; }

    /// <inheritdoc/>
    public PipeWriter Output { get; }

    /// <summary>Ends reads and writes that are under way with the reason, and the connection with a reset.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        if (Interlocked.CompareExchange(ref _abortReason, abortReason, null) is null)
        {
            _socket.Close(timeout: 0);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync();

        // What has not been flushed is not sent: a client that does not read would never let it go.
        await Output.CompleteAsync(Ended);
        if (_abortReason is null)
        {
            try
            {
                _socket.Shutdown(SocketShutdown.Both);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // The client was faster.
            }
        }

        _socket.Dispose();
        await base.DisposeAsync();
    }

    // What Kestrel's connections throw.
    private Exception Translate(Exception error) =>
        _abortReason is { } reason ? reason
        : error is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted } reset ? new ConnectionResetException(reset.Message, reset)
        : new IOException(error.Message, error);

    private sealed class SocketStream(SocketConnection connection) : AsyncStream
    {
        private readonly Socket _socket = connection._socket;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await _socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                throw connection.Translate(error);
            }
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                while (!buffer.IsEmpty)
                {
                    buffer = buffer[await _socket.SendAsync(buffer, SocketFlags.None, cancellationToken)..];
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                throw connection.Translate(error);
            }
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Flush()
        {
            // The socket has all that was written.
        }
    }
}
