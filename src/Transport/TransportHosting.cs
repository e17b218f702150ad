using EcStreamOrleans.Transport.Sockets;
using EcStreamOrleans.Transport.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Runtime.Messaging;

namespace EcStreamOrleans.Transport;

/// <summary>Puts the grid's own connections on this transport.</summary>
public static class TransportHosting
{
    /// <summary>For a silo: its connections to and from other silos, and those of clients to its gateway.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="settings">How; without an error by <see cref="TransportSettings.FindErrors"/>.</param>
    /// <param name="credentials">What the settings' files hold; <see langword="null"/> to have them read here.</param>
    /// <exception cref="TransportCredentialsException">The files cannot be used.</exception>
    public static ISiloBuilder UseGridTransport(this ISiloBuilder builder, TransportSettings settings, TransportCredentials? credentials = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        Add(builder.Services, settings, credentials);
        builder.Services.AddOptions<SiloConnectionOptions>().Configure<IServiceProvider>((options, services) =>
        {
            options.ConfigureSiloInboundConnection(connections => connections.UseMiddleware(Middleware(services, isServer: true)));
            options.ConfigureGatewayInboundConnection(connections => connections.UseMiddleware(Middleware(services, isServer: true)));
            options.ConfigureSiloOutboundConnection(connections => connections.UseMiddleware(Middleware(services, isServer: false)));
        });
        return builder;
    }

    /// <summary>For a client: its connections to gateways.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="settings">How; without an error by <see cref="TransportSettings.FindErrors"/>.</param>
    /// <param name="credentials">What the settings' files hold; <see langword="null"/> to have them read here.</param>
    /// <exception cref="TransportCredentialsException">The files cannot be used.</exception>
    public static IClientBuilder UseGridTransport(this IClientBuilder builder, TransportSettings settings, TransportCredentials? credentials = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        Add(builder.Services, settings, credentials);
        builder.Services.AddOptions<ClientConnectionOptions>().Configure<IServiceProvider>((options, services) =>
            options.ConfigureConnection(connections => connections.UseMiddleware(Middleware(services, isServer: false))));
        return builder;
    }

    private static void Add(IServiceCollection services, TransportSettings settings, TransportCredentials? credentials)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.FindErrors().ToList() is { Count: > 0 } errors)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, errors), nameof(settings));
        }

        services.AddSingleton(settings).AddSingleton<TransportLog>().TryAddSingleton(TimeProvider.System);
        if (settings.UsesTls)
        {
            services.AddSingleton(credentials ?? TransportCredentials.Read(settings)).AddSingleton<IHostedService, CredentialsWatch>();
        }

        if (settings.LargeBlocks)
        {
            if (!Replace<IConnectionFactory, SocketConnectionFactory>(services))
            {
                throw new NotSupportedException("This version of Orleans has its transport elsewhere; Grid:Transport:LargeBlocks=false goes on with it as it is.");
            }

            // A client has none.
            Replace<IConnectionListenerFactory, SocketListenerFactory>(services);
        }
    }

    private static IConnectionMiddleware Middleware(IServiceProvider services, bool isServer) => services.GetRequiredService<TransportSettings>().UsesTls
        ? ActivatorUtilities.CreateInstance<TlsMiddleware>(services, isServer)
        : ActivatorUtilities.CreateInstance<PlainGuard>(services, isServer);

    /// <summary>Orleans has a transport for each kind of connection, under keys of its own.</summary>
    private static bool Replace<TService, TImplementation>(IServiceCollection services)
        where TService : class
        where TImplementation : class, TService
    {
        var keys = services.Where(service => service.IsKeyedService && service.ServiceType == typeof(TService)).Select(service => service.ServiceKey).ToList();
        foreach (var key in keys)
        {
            services.Replace(ServiceDescriptor.KeyedSingleton<TService, TImplementation>(key));
        }

        return keys.Count > 0;
    }
}
