using System.Net;
using System.Net.Sockets;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>
/// Ports on loopback for processes that are restarted. They lie below the range that the system takes clients' ports from:
/// a port of that range could be a client's by the time its process is started again.
/// </summary>
internal static class ServicePort
{
    private const int First = 12_000;
    private const int Count = 20_000;

    // Test processes that run at the same time begin at different places.
    private static int _next = Environment.ProcessId * 97 % Count;

    public static int Next()
    {
        while (true)
        {
            var port = First + (Interlocked.Increment(ref _next) % Count);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ExclusiveAddressUse = true };
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Somebody's; the next one.
            }
        }
    }
}
