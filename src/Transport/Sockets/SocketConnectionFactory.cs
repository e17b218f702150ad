using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Orleans.Networking.Shared;

namespace EcStreamOrleans.Transport.Sockets;

/// <summary>Opens connections to silos.</summary>
internal sealed class SocketConnectionFactory(IOptions<SocketConnectionOptions> options) : IConnectionFactory
{
    /// <summary>
    /// How long what was sent may go unacknowledged before the connection is given up, also while it opens. Where packets are lost on the way to one machine the system tries for a
    /// quarter of an hour; a client would go on handing its calls to a silo that it cannot reach and that others can. As long as the silence that silos allow one another.
    /// </summary>
    private static readonly TimeSpan UnacknowledgedTime = TimeSpan.FromSeconds(6);

    // netinet/tcp.h of Linux.
    private const int TcpUserTimeout = 18;

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            Apply(options.Value, socket);
            await socket.ConnectAsync(endpoint, cancellationToken);
            return new SocketConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Orleans' own options hold, whoever makes the connection.</summary>
    public static void Apply(SocketConnectionOptions options, Socket socket)
    {
        socket.NoDelay = options.NoDelay;
        if (OperatingSystem.IsLinux())
        {
            socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, TcpUserTimeout, BitConverter.GetBytes((int)UnacknowledgedTime.TotalMilliseconds));
        }

        if (options.KeepAlive)
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, options.KeepAliveTimeSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, options.KeepAliveIntervalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, options.KeepAliveRetryCount);
        }
    }
}
