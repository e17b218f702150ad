using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace EcStreamOrleans.Transport.Sockets;

/// <summary>
/// A connection that reads and writes its socket directly: no loop and no queue of its own lie between the socket and Orleans. What cannot be sent
/// yet waits as messages in Orleans' queue, not as octets in a pipe.
/// </summary>
internal sealed class SocketConnection : DefaultConnectionContext
{
    private readonly Socket _socket;
    private readonly BlockPipes _pipes;
    private int _isAborted;

    public SocketConnection(Socket socket)
    {
        _socket = socket;
        _pipes = new BlockPipes(new NetworkStream(socket, ownsSocket: false));
        Transport = _pipes;
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
    }

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
        _pipes.Complete();
        await base.DisposeAsync();
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
