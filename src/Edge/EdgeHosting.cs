using EcStreamOrleans.Protocol.Configuration;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EcStreamOrleans.Edge;

/// <summary>Adds an edge to a host that is a client of the grid, or a silo of it.</summary>
public static class EdgeHosting
{
    /// <summary>
    /// Adds the edge's services. The host brings <see cref="EdgeOptions"/>, <see cref="GridConfiguration"/>, the codec, the
    /// clock and access to grains.
    /// </summary>
    /// <param name="services">The host's services.</param>
    public static IServiceCollection AddEcStreamEdge(this IServiceCollection services)
    {
        services.AddSingleton<EdgeInstruments>();
        services.AddSingleton<SessionRegistry>();
        services.AddSingleton<EdgeListeners>();
        services.AddSingleton<EdgeLog>();
        services.AddSingleton<BatchForwarder>();
        services.AddSingleton<EdgeObserver>();
        services.AddSingleton<EdgeServices>();
        services.AddSingleton<EcStreamConnectionHandler>();
        services.AddSingleton<EdgeHeartbeat>();
        services.AddHostedService<EdgeHeartbeatService>();
        return services;
    }

    /// <summary>Listens for ECStream on one Listen of the configuration.</summary>
    /// <param name="kestrel">The server.</param>
    /// <param name="listen">The Listen.</param>
    public static void ListenEcStream(this KestrelServerOptions kestrel, ListenEndpointOptions listen)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        ArgumentNullException.ThrowIfNull(listen);
        var handler = kestrel.ApplicationServices.GetRequiredService<EcStreamConnectionHandler>();
        var listeners = kestrel.ApplicationServices.GetRequiredService<EdgeListeners>();
        kestrel.Listen(listen.EndPoint, endpoint =>
        {
            listeners.Add(listen.Address, endpoint);
            endpoint.Run(connection => handler.RunAsync(connection, listen.Address));
        });
    }

    private sealed class EdgeHeartbeatService(EdgeHeartbeat heartbeat, EdgeListeners listeners, SessionRegistry sessions, EdgeLog log, IHostApplicationLifetime lifetime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            heartbeat.Start();
            lifetime.ApplicationStarted.Register(() =>
            {
                foreach (var (address, endPoint) in listeners.All)
                {
                    log.Listening(address, endPoint);
                }
            });
            lifetime.ApplicationStopping.Register(() => log.Draining(sessions.Active));
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            heartbeat.Dispose();
            return Task.CompletedTask;
        }
    }
}
