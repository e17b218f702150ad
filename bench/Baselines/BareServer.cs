using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace EcStreamOrleans.Baselines;

/// <summary>Accepts connections on loopback and has each one served, until it is told to stop.</summary>
internal sealed class BareServer
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly Func<Socket, Task> _converse;
    private volatile bool _hasFailed;

    /// <param name="at">Where to listen; port 0 is one that is free.</param>
    /// <param name="converse">Serves a connection to its end. The socket is closed behind it.</param>
    public BareServer(IPEndPoint at, Func<Socket, Task> converse)
    {
        _converse = converse;
        _listener.Bind(at);
        _listener.Listen(512);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Runs until the stop; what has been read by then is answered.</summary>
    /// <param name="stop">Ends it.</param>
    /// <returns>False if a conversation failed for another reason than that its client left.</returns>
    public async Task<bool> RunAsync(CancellationToken stop)
    {
        using var listener = _listener;
        List<Task> conversations = [];
        while (await AcceptAsync(stop) is { } socket)
        {
            socket.NoDelay = true;
            _open.TryAdd(socket, true);
            conversations.RemoveAll(conversation => conversation.IsCompleted);
            conversations.Add(Task.Run(() => ServeAsync(socket), CancellationToken.None));
        }

        foreach (var socket in _open.Keys)
        {
            EndReading(socket);
        }

        await Task.WhenAll(conversations);
        return !_hasFailed;
    }

    private async Task<Socket?> AcceptAsync(CancellationToken stop)
    {
        try
        {
            return await _listener.AcceptAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await _converse(socket);
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The client left. qmqp-source always does so with a reset.
        }
        catch (Exception error)
        {
            _hasFailed = true;
            await Console.Error.WriteLineAsync(error.ToString());
        }
        finally
        {
            _open.TryRemove(socket, out _);
            socket.Dispose();
        }
    }

    // The conversation sees an end of stream, as if the client had closed.
    private static void EndReading(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Receive);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It has ended by itself.
        }
    }
}
