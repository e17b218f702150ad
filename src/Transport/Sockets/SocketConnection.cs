using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace EcStreamOrleans.Transport.Sockets;

/// <summary>
/// A connection that Orleans reads directly from its socket, and writes to through a pipe: small messages that come while one send is under way
/// go out together with the next.
/// </summary>
internal sealed class SocketConnection : DefaultConnectionContext, IDuplexPipe
{
    /// <summary>Octets that wait to be sent; more wait as messages in Orleans' queue, where a lost connection has them sent by another.</summary>
    private const int MaxOutputBytes = 1024 * 1024;

    private static readonly PipeOptions OutputOptions = new(
        minimumSegmentSize: BlockPipes.BlockBytes, pauseWriterThreshold: MaxOutputBytes, resumeWriterThreshold: MaxOutputBytes / 2, useSynchronizationContext: false);

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly Pipe _output = new(OutputOptions);
    private readonly Task _sending;
    private int _isAborted;

    public SocketConnection(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: false);
        Input = PipeReader.Create(_stream, BlockPipes.ReaderOptions);
        Transport = this;
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        _sending = SendAsync();
    }

    /// <inheritdoc/>
    public PipeReader Input { get; }

    /// <inheritdoc/>
    public PipeWriter Output => _output.Writer;

    /// <summary>Ends reads and writes that are under way, and says so by <see cref="BaseConnectionContext.ConnectionClosed"/>, which Orleans waits for.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        if (Interlocked.Exchange(ref _isAborted, 1) == 0)
        {
            Close();
            base.Abort(abortReason);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        // From here on there is no token to cancel.
        Interlocked.Exchange(ref _isAborted, 1);
        Close();
        await Input.CompleteAsync();
        await Output.CompleteAsync();
        await _sending;
        await base.DisposeAsync();
    }

    private async Task SendAsync()
    {
        Exception? fault = null;
        try
        {
            ReadResult result;
            do
            {
                result = await _output.Reader.ReadAsync();
                foreach (var block in result.Buffer)
                {
                    await _stream.WriteAsync(block);
                }

                _output.Reader.AdvanceTo(result.Buffer.End);
            }
            while (!result.IsCompleted);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // Whoever flushes next is told.
            fault = error;
        }

        await _output.Reader.CompleteAsync(fault);
    }

    private void Close()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The other side was faster, or it is the second time.
        }

        _socket.Dispose();
    }
}
