using System.Net;
using System.Net.Sockets;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace EcStreamOrleans.Edge;

/// <summary>
/// The sockets of an edge. They are bound before anything else starts, each on its own: one that cannot be bound does not keep
/// the others from serving. Nobody can connect before the server listens on them.
/// </summary>
public sealed class EdgeListeners
{
    private readonly Dictionary<EndPoint, Socket> _unclaimed = [];
    private readonly List<(Socket Socket, int Backlog)> _sockets = [];

    private EdgeListeners(IReadOnlyList<EdgeListener> all) => All = all;

    /// <summary>Every Listen of the configuration.</summary>
    public IReadOnlyList<EdgeListener> All { get; }

    /// <summary>Binds every Listen that is enabled.</summary>
    /// <param name="listens">The Listens.</param>
    public static EdgeListeners Bind(IEnumerable<ListenEndpointOptions> listens)
    {
        ArgumentNullException.ThrowIfNull(listens);
        var all = new List<EdgeListener>();
        var listeners = new EdgeListeners(all);
        foreach (var listen in listens)
        {
            if (!listen.Socket.Enable)
            {
                all.Add(new EdgeListener(listen.Address, EndPoint: null, listen.Socket, "not enabled (Enable = false)"));
                continue;
            }

            try
            {
                var socket = listen.Path is { } path ? UnixSocket.Bind(path, listen.Socket.FileMode) : BindTcp(listen.EndPoint!, listen.Socket);
                var endPoint = socket.LocalEndPoint!;
                listeners._unclaimed.Add(endPoint, socket);
                listeners._sockets.Add((socket, listen.Socket.Backlog));
                all.Add(new EdgeListener(listen.Address, endPoint, listen.Socket, Error: null));
            }
            catch (SocketException error)
            {
                all.Add(new EdgeListener(listen.Address, EndPoint: null, listen.Socket, $"{error.Message} ({error.SocketErrorCode}, errno {error.NativeErrorCode})"));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                all.Add(new EdgeListener(listen.Address, EndPoint: null, listen.Socket, error.Message));
            }
        }

        return listeners;
    }

    /// <summary>The bound socket of an end point, for the server to listen on; a new one if it is none of the edge's.</summary>
    internal Socket Claim(EndPoint endPoint) =>
        _unclaimed.Remove(endPoint, out var socket) ? socket : SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);

    /// <summary>The server listens with one backlog for all; listening again sets that of each.</summary>
    internal void SetBacklogs() => _sockets.ForEach(s => s.Socket.Listen(s.Backlog));

    private static Socket BindTcp(IPEndPoint endPoint, ListenSocketOptions options)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                // [*] means IPv6 alone, so that it can stand beside *: the server's own default would take both.
                socket.DualMode = false;
            }

            // Connections inherit the buffers, and only those set before they are made shape the window.
            if (options.ReceiveBufferBytes > 0)
            {
                socket.ReceiveBufferSize = options.ReceiveBufferBytes;
            }

            if (options.SendBufferBytes > 0)
            {
                socket.SendBufferSize = options.SendBufferBytes;
            }

            socket.Bind(endPoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>One Listen of an edge.</summary>
/// <param name="Address">As the configuration writes it.</param>
/// <param name="EndPoint">What it is bound to, or null if it is not.</param>
/// <param name="Socket">How its socket is made.</param>
/// <param name="Error">Why it is not bound, with the system's error number, or null.</param>
public sealed record EdgeListener(string Address, EndPoint? EndPoint, ListenSocketOptions Socket, string? Error);
