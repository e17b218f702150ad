using System.Net.Sockets;

namespace EcStreamOrleans.Edge;

/// <summary>Unix sockets for listening: a path that a dead process has left is taken over, one that somebody listens on is not.</summary>
internal static class UnixSocket
{
    /// <param name="path">Absolute.</param>
    /// <param name="mode">Permission bits, in place before the socket can be reached: nobody can connect until it listens.</param>
    public static Socket Bind(string path, int mode)
    {
        var endPoint = new UnixDomainSocketEndPoint(path);
        RemoveStale(path, endPoint);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(endPoint);
            SetMode(path, mode);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public static void SetMode(string path, int mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)mode);
        }
    }

    private static void RemoveStale(string path, UnixDomainSocketEndPoint endPoint)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused && IsSocket(path))
        {
            File.Delete(path);
        }
        catch (SocketException)
        {
            // Something else than a socket that nobody listens on: binding says what is in the way.
        }
    }

    // A regular file refuses connections as a dead socket does, but it is somebody's data. Sockets have no length and cannot be opened.
    private static bool IsSocket(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            return false;
        }
        catch (IOException)
        {
            return new FileInfo(path).Length == 0;
        }
    }
}
