using EcStreamOrleans.Edge.Facts;
using EcStreamOrleans.Edge.Nodes;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EcStreamOrleans.Edge;

/// <summary>Adds an edge to a host that is a client of the grid, or a silo of it.</summary>
public static class EdgeHosting
{
    /// <summary>
    /// Adds the edge's services. The host brings <see cref="EdgeOptions"/>, <see cref="FactsOptions"/>, <see cref="GridConfiguration"/>, the codec, the
    /// clock, access to grains and <see cref="INodeHealth"/>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="listeners">The edge's sockets.</param>
    public static IServiceCollection AddEcStreamEdge(this IServiceCollection services, EdgeListeners listeners)
    {
        ArgumentNullException.ThrowIfNull(listeners);
        services.AddSingleton(_ => listeners);
        services.AddSingleton<EdgeInstruments>();
        services.AddSingleton<SessionRegistry>();
        services.AddSingleton<TrafficFacts>();
        services.AddSingleton<EdgeLog>();
        services.AddSingleton<BatchForwarder>();
        services.AddSingleton<EdgeObserver>();
        services.AddSingleton<EdgeServices>();
        services.AddSingleton<EcStreamConnectionHandler>();
        services.AddSingleton<EdgeHeartbeat>();
        services.AddSingleton<SocketServer>();
        services.AddSingleton<NodeAnswers>().AddSingleton<NodeReporter>();
        services.AddHostedService(s => s.GetRequiredService<NodeReporter>());
        services.AddHostedService<EdgeService>();
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
