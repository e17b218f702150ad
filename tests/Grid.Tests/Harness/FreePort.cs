using System.Net;
using System.Net.Sockets;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>Ports on loopback that nobody uses.</summary>
internal static class FreePort
{
    public static int Next()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
