using System.Net;
using System.Net.Sockets;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.AspNetCore.Connections;

namespace EcStreamOrleans.Edge;

/// <summary>One Listen that is bound: its socket, the loops that accept on it, and the connections that came through it.</summary>
internal sealed class BoundListen : IDisposable
{
    /// <summary>How long accepting pauses when the system has no more descriptors or memory: trying at once would take a core and free nothing.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>One line so often says that accepting fails.</summary>
    private static readonly TimeSpan LogEvery = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection that was cut off may take to notice.</summary>
    private static readonly TimeSpan AbortTime = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private readonly CancellationTokenSource _draining = new();
    private readonly CancellationToken _isDraining;
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<ConnectionContext> _connections = [];
    private readonly Lock _lock = new();
    private volatile ListenEndpointOptions _options;
    private SocketServer? _server;
    private TimeSpan _nextLog;
    private int _loops;
    private bool _isClosed;

    private BoundListen(Socket socket, ListenEndpointOptions options)
    {
        _socket = socket;
        _options = options;
        _isDraining = _draining.Token;
        EndPoint = socket.LocalEndPoint!;
    }

    public EndPoint EndPoint { get; }

    private int WantedLoops => Math.Max(1, _options.Accept.Concurrency);

    /// <summary>Binds a Listen. Nobody can connect before it is started.</summary>
    /// <exception cref="SocketException">The system refuses.</exception>
    public static BoundListen Bind(ListenEndpointOptions options) =>
        new(options.Path is { } path ? UnixSocket.Bind(path, options.Socket.FileMode) : BindTcp(options.EndPoint!, options.Socket), options);

    /// <summary>Listens and accepts.</summary>
    /// <exception cref="SocketException">The system refuses.</exception>
    public void Start(SocketServer server)
    {
        _socket.Listen(_options.Socket.Backlog);
        _server = server;
        StartLoops(server);
    }

    /// <summary>Other options for the same socket: open connections keep theirs, later ones have the new.</summary>
    /// <exception cref="SocketException">The system refuses.</exception>
    public void Apply(ListenEndpointOptions next)
    {
        var before = _options;
        _options = next;
        if (next.Path is null)
        {
            SetBuffers(_socket, next.Socket);
        }
        else if (next.Socket.FileMode != before.Socket.FileMode)
        {
            UnixSocket.SetMode(next.Path, next.Socket.FileMode);
        }

        if (_server is { } server)
        {
            // Listening again changes the length of the queue and nothing else.
            _socket.Listen(next.Socket.Backlog);
            StartLoops(server);
        }
    }

    /// <summary>Nobody can connect any more. A Unix socket's file goes with it.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            if (_connections.Count == 0)
            {
                _empty.TrySetResult();
            }
        }

        _socket.Dispose();
    }

    /// <summary>Behind <see cref="Close"/>: its sessions answer what they have read and end; what has not ended in time is cut off.</summary>
    public async Task DrainAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        if (_server is not { } server)
        {
            return;
        }

        await _draining.CancelAsync();
        try
        {
            await _empty.Task.WaitAsync(time, server.Clock, cancellationToken);
            return;
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            server.Log.DrainTimeOver(_options.Address, Abort());
        }

        try
        {
            await _empty.Task.WaitAsync(AbortTime, server.Clock, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // What still waits, for a grain's answer that is, goes with the process.
        }
    }

    public void Dispose()
    {
        Close();
        _draining.Dispose();
    }

    private static Socket BindTcp(IPEndPoint endPoint, ListenSocketOptions options)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                // [*] means IPv6 alone, so that it can stand beside *.
                socket.DualMode = false;
            }

            SetBuffers(socket, options);
            socket.Bind(endPoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Connections inherit the buffers, and only those set before they are made shape the window.
    private static void SetBuffers(Socket socket, ListenSocketOptions options)
    {
        if (options.ReceiveBufferBytes > 0)
        {
            socket.ReceiveBufferSize = options.ReceiveBufferBytes;
        }

        if (options.SendBufferBytes > 0)
        {
            socket.SendBufferSize = options.SendBufferBytes;
        }
    }

    private void StartLoops(SocketServer server)
    {
        lock (_lock)
        {
            for (; _loops < WantedLoops; _loops++)
            {
                _ = Task.Run(() => AcceptAsync(server));
            }
        }
    }

    // Ends when the Listen is closed, or when there are more loops than wanted; never for an error.
    private async Task AcceptAsync(SocketServer server)
    {
        while (true)
        {
            try
            {
                var socket = await _socket.AcceptAsync();
                ThreadPool.UnsafeQueueUserWorkItem(static work => _ = work.Listen.ServeAsync(work.Server, work.Socket), (Listen: this, Server: server, Socket: socket), preferLocal: false);
            }
            catch (SocketException gone) when (gone.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
            {
                // The client left before it was accepted.
            }
            catch (Exception) when (Volatile.Read(ref _isClosed))
            {
                return;
            }
            catch (Exception error)
            {
                LogNow(server, error);
                await Task.Delay(Pause, server.Clock);
            }

            lock (_lock)
            {
                if (_loops > WantedLoops)
                {
                    _loops--;
                    return;
                }
            }
        }
    }

    private void LogNow(SocketServer server, Exception error)
    {
        var now = server.Clock.Elapsed();
        lock (_lock)
        {
            if (now < _nextLog)
            {
                return;
            }

            _nextLog = now + LogEvery;
        }

        server.Log.NotAccepting(ListenError.Is(error) ? null : error, _options.Address, ListenError.Describe(error));
    }

    // The handler catches and logs what concerns the conversation; here only the making and ending of a connection can fail.
    private async Task ServeAsync(SocketServer server, Socket socket)
    {
        var options = _options;
        ConnectionContext? connection = null;
        try
        {
            if (options.Path is null)
            {
                socket.NoDelay = options.Socket.NoDelay;
            }

            connection = server.Connect(socket, options.Accept.EventLoop);
            if (Enter(connection))
            {
                await server.ServeAsync(connection, options, _isDraining);
            }

            await connection.DisposeAsync();
        }
        catch (Exception error)
        {
            server.Log.ConnectionFailed(error, options.Address);
            socket.Dispose();
        }
        finally
        {
            if (connection is not null)
            {
                Leave(connection);
            }
        }
    }

    private bool Enter(ConnectionContext connection)
    {
        lock (_lock)
        {
            return !_isClosed && _connections.Add(connection);
        }
    }

    private void Leave(ConnectionContext connection)
    {
        lock (_lock)
        {
            _connections.Remove(connection);
            if (_isClosed && _connections.Count == 0)
            {
                _empty.TrySetResult();
            }
        }
    }

    private int Abort()
    {
        ConnectionContext[] open;
        lock (_lock)
        {
            open = [.. _connections];
        }

        foreach (var connection in open)
        {
            connection.Abort(new ConnectionAbortedException("The time to end was over."));
        }

        return open.Length;
    }
}
