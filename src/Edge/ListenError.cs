using System.Net.Sockets;

namespace EcStreamOrleans.Edge;

/// <summary>What the system said against a Listen, for a person.</summary>
internal static class ListenError
{
    /// <summary>Whether it is the system's refusal, which concerns this one Listen, or something unexpected.</summary>
    public static bool Is(Exception error) => error is SocketException or IOException or UnauthorizedAccessException;

    public static string Describe(Exception error) =>
        error is SocketException socket ? $"{socket.Message} ({socket.SocketErrorCode}, errno {socket.NativeErrorCode})" : error.Message;
}
