using EcStreamOrleans.Protocol.Configuration;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
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
    /// <param name="listeners">The edge's sockets.</param>
    public static IServiceCollection AddEcStreamEdge(this IServiceCollection services, EdgeListeners listeners)
    {
        ArgumentNullException.ThrowIfNull(listeners);
        services.AddSingleton(listeners);
        services.Configure<SocketTransportOptions>(transport => transport.CreateBoundListenSocket = listeners.Claim);
        services.AddSingleton<EdgeInstruments>();
        services.AddSingleton<SessionRegistry>();
        services.AddSingleton<EdgeLog>();
        services.AddSingleton<BatchForwarder>();
        services.AddSingleton<EdgeObserver>();
        services.AddSingleton<EdgeServices>();
        services.AddSingleton<EcStreamConnectionHandler>();
        services.AddSingleton<EdgeHeartbeat>();
        services.AddHostedService<EdgeHeartbeatService>();
        return services;
    }

    /// <summary>Listens for ECStream on every socket of the edge that is bound.</summary>
    /// <param name="kestrel">The server.</param>
    public static void ListenEcStream(this KestrelServerOptions kestrel)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        var handler = kestrel.ApplicationServices.GetRequiredService<EcStreamConnectionHandler>();
        foreach (var listener in kestrel.ApplicationServices.GetRequiredService<EdgeListeners>().All)
        {
            if (listener.EndPoint is { } endPoint)
            {
                kestrel.Listen(endPoint, endpoint => endpoint.Run(connection => handler.RunAsync(connection, listener)));
            }
        }
    }

    private sealed class EdgeHeartbeatService(EdgeHeartbeat heartbeat, EdgeListeners listeners, SessionRegistry sessions, EdgeLog log, IHostApplicationLifetime lifetime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            heartbeat.Start();
            lifetime.ApplicationStarted.Register(() =>
            {
                listeners.SetBacklogs();
                foreach (var listener in listeners.All.Where(listener => listener.Socket.Enable))
                {
                    if (listener.EndPoint is { } endPoint)
                    {
                        log.Listening(listener.Address, endPoint);
                    }
                    else
                    {
                        log.NotListening(listener.Address, listener.Error);
                    }
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
