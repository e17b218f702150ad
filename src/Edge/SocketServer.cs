using System.Collections.Concurrent;
using System.Net.Sockets;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace EcStreamOrleans.Edge;

/// <summary>What the Listens of an edge share: they accept, and this makes connections of what they accepted and serves them.</summary>
internal sealed class SocketServer(EcStreamConnectionHandler handler, EdgeLog log, TimeProvider clock, ILoggerFactory loggers) : IDisposable
{
    private readonly ConcurrentDictionary<EventLoopOptions, SocketConnectionContextFactory> _loops = new();

    public EdgeLog Log => log;

    public TimeProvider Clock => clock;

    /// <summary>A connection on a socket. Those of one event loop share its queues, which Kestrel's connections have, and nobody else has a part in them.</summary>
    public ConnectionContext Connect(Socket socket, EventLoopOptions? loop) =>
        loop is null ? new SocketConnection(socket) : _loops.GetOrAdd(loop, static (loop, loggers) => CreateLoop(loop, loggers), loggers).Create(socket);

    /// <summary>Serves a connection to its end; never fails.</summary>
    public Task ServeAsync(ConnectionContext connection, ListenEndpointOptions listen, CancellationToken draining) =>
        handler.RunAsync(connection, listen, draining);

    public void Dispose()
    {
        foreach (var loop in _loops.Values)
        {
            loop.Dispose();
        }
    }

    private static SocketConnectionContextFactory CreateLoop(EventLoopOptions loop, ILoggerFactory loggers)
    {
        var options = new SocketConnectionFactoryOptions();
        if (loop.Concurrency > 0)
        {
            options.IOQueueCount = loop.Concurrency;
        }

        return new SocketConnectionContextFactory(options, loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets"));
    }
}
