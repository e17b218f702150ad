using EcStreamOrleans.Edge.Facts;
using EcStreamOrleans.Edge.Fallback;
using EcStreamOrleans.Edge.Nodes;
using EcStreamOrleans.Edge.Receptions;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Edge;

/// <summary>Adds an edge to a host that is a client of the grid, or a silo of it.</summary>
public static class EdgeHosting
{
    /// <summary>
    /// Adds the edge's services. The host brings <see cref="EdgeOptions"/>, <see cref="FactsOptions"/>, <see cref="FallbackOptions"/>, <see cref="NodeSettings"/>, <see cref="LiveConfiguration"/>, the codec, the
    /// clock, the grains, <see cref="IGridAccess"/> to them and <see cref="INodeHealth"/>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="listeners">The edge's sockets.</param>
    public static IServiceCollection AddEcStreamEdge(this IServiceCollection services, EdgeListeners listeners)
    {
        ArgumentNullException.ThrowIfNull(listeners);
        services.AddSingleton(_ => listeners);
        services.AddSingleton<EdgeInstruments>();
        services.AddSingleton<FallbackRoute>().AddHostedService<FallbackWorker>();
        services.AddSingleton<SessionRegistry>();
        services.AddSingleton<TrafficFacts>();
        services.AddSingleton<EdgeLog>();
        services.AddSingleton<BatchForwarder>();
        services.AddSingleton<EdgeObserver>();
        services.AddSingleton<EdgeServices>();
        services.AddSingleton<EcStreamConnectionHandler>();
        services.AddSingleton<EdgeHeartbeat>();
        services.AddSingleton<SocketServer>();
        services.AddSingleton<Maintenance>().AddSingleton<NodeAnswers>().AddSingleton<NodeReporter>();
        services.AddHostedService(s => s.GetRequiredService<NodeReporter>());
        services.AddHostedService<EdgeService>();
        services.AddSingleton<EdgeReadiness>();
        services.AddSingleton<Reconfiguration>().AddHostedService(s => s.GetRequiredService<Reconfiguration>());
        return services;
    }

    /// <summary>Adds the reception log, if it is switched on.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">Where it is.</param>
    public static IServiceCollection AddReceptionLog(this IServiceCollection services, ReceptionLogOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton(options);
        if (!string.IsNullOrEmpty(options.Path))
        {
            services.AddSingleton<ReceptionLog>().AddSingleton<IReceptionLog>(s => s.GetRequiredService<ReceptionLog>());
            services.AddHostedService(s => s.GetRequiredService<ReceptionLog>());
        }

        return services;
    }

    /// <summary>
    /// The listener is the last up and the first down: it starts behind every service and drains before any stops, the admin listener
    /// included, so that a node can be asked how far its stop has come.
    /// </summary>
    private sealed class EdgeService(EdgeHeartbeat heartbeat, EdgeListeners listeners, SocketServer server, SessionRegistry sessions, EdgeOptions options, EdgeLog log) : IHostedLifecycleService
    {
        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            heartbeat.Start();
            return Task.CompletedTask;
        }

        public Task StartedAsync(CancellationToken cancellationToken) => listeners.StartAsync(server, options.DrainTime);

        public Task StoppingAsync(CancellationToken cancellationToken)
        {
            log.Draining(sessions.Active);
            return listeners.StopAsync(cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            heartbeat.Dispose();
            return Task.CompletedTask;
        }

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
