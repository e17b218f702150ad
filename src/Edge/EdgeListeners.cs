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

    private EdgeListeners(IReadOnlyList<EdgeListener> all) => All = all;

    /// <summary>Every Listen of the configuration.</summary>
    public IReadOnlyList<EdgeListener> All { get; }

    /// <summary>Binds every Listen.</summary>
    /// <param name="listens">The Listens.</param>
    public static EdgeListeners Bind(IEnumerable<ListenEndpointOptions> listens)
    {
        ArgumentNullException.ThrowIfNull(listens);
        var all = new List<EdgeListener>();
        var sockets = new List<Socket>();
        foreach (var listen in listens)
        {
            try
            {
                var socket = Bind(listen.EndPoint);
                sockets.Add(socket);
                all.Add(new EdgeListener(listen.Address, (IPEndPoint)socket.LocalEndPoint!, Error: null));
            }
            catch (SocketException error)
            {
                all.Add(new EdgeListener(listen.Address, EndPoint: null, $"{error.Message} ({error.SocketErrorCode}, errno {error.NativeErrorCode})"));
            }
        }

        var listeners = new EdgeListeners(all);
        sockets.ForEach(socket => listeners._unclaimed.Add(socket.LocalEndPoint!, socket));
        return listeners;
    }

    private static Socket Bind(IPEndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                // [*] means IPv6 alone, so that it can stand beside *: the server's own default would take both.
                socket.DualMode = false;
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

    /// <summary>The bound socket of an end point, for the server to listen on; a new one if it is none of the edge's.</summary>
    internal Socket Claim(EndPoint endPoint) =>
        _unclaimed.Remove(endPoint, out var socket) ? socket : SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
}

/// <summary>One Listen of an edge.</summary>
/// <param name="Address">As the configuration writes it.</param>
/// <param name="EndPoint">What it is bound to, or null if it is not.</param>
/// <param name="Error">Why it is not bound, with the system's error number, or null.</param>
public sealed record EdgeListener(string Address, IPEndPoint? EndPoint, string? Error);
