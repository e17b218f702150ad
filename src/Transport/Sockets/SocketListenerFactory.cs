using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Orleans.Networking.Shared;

namespace EcStreamOrleans.Transport.Sockets;

/// <summary>Binds the ports of a silo.</summary>
internal sealed class SocketListenerFactory(IOptions<SocketConnectionOptions> options, TransportLog log, TimeProvider clock) : IConnectionListenerFactory
{
    private const int Backlog = 512;

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endpoint is IPEndPoint ip && ip.Address.Equals(IPAddress.IPv6Any))
            {
                // As with Orleans, which has no other way to listen on both.
                socket.DualMode = true;
            }

            // Not ReuseAddress, as Orleans has it: on Linux two silos would share the port, and each get half of the connections.
            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return ValueTask.FromResult<IConnectionListener>(new SocketListener(socket, options.Value, log, clock));
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            throw new AddressInUseException($"{endpoint} is in use: another silo or another program listens there.", error);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
