using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace EcStreamOrleans.Edge.Fallback;

/// <summary>A connection to another datacentre's listener, its PROXY header sent and its TLS agreed.</summary>
internal sealed class FallbackConnection : IAsyncDisposable
{
    /// <summary>How long a connection may be silent before the other machine is asked whether it is still there; three times unanswered it is gone.</summary>
    private const int KeepAliveSeconds = 30;

    private readonly Socket _socket;
    private readonly SslStream? _tls;

    private FallbackConnection(FallbackListener listener, Socket socket, Stream stream) => (Listener, _socket, Stream, _tls) = (listener, socket, stream, stream as SslStream);

    public FallbackListener Listener { get; }

    public Stream Stream { get; }

    /// <summary>Connects.</summary>
    /// <param name="listener">Where to.</param>
    /// <param name="header">The PROXY header.</param>
    /// <param name="tls">What TLS is made with; null for none.</param>
    /// <param name="cancellationToken">Gives up; throws.</param>
    /// <returns>The connection, or why there is none.</returns>
    public static async Task<(FallbackConnection? Connection, string? Error)> ConnectAsync(
        FallbackListener listener, ReadOnlyMemory<byte> header, SslClientAuthenticationOptions? tls, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds / 3);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(listener.Host, listener.Port, cancellationToken);
            stream = new NetworkStream(socket, ownsSocket: true);
            await stream.WriteAsync(header, cancellationToken);
            if (tls is not null)
            {
                var secure = new SslStream(stream);
                stream = secure;
                await secure.AuthenticateAsClientAsync(tls, cancellationToken);
            }

            return (new FallbackConnection(listener, socket, stream), null);
        }
        catch (Exception error)
        {
            await (stream?.DisposeAsync() ?? default);
            socket.Dispose();
            if (error is SocketException or IOException or AuthenticationException)
            {
                return (null, error.Message);
            }

            throw;
        }
    }

    /// <summary>Nothing more is sent; what comes is still read.</summary>
    public async Task EndSendingAsync()
    {
        if (_tls is not null)
        {
            await _tls.ShutdownAsync();
        }

        _socket.Shutdown(SocketShutdown.Send);
    }

    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}
