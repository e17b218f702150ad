using System.Net;
using System.Net.Sockets;
using EcStreamOrleans.Azure.Policy;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Protocol.Framing;
using EcStreamOrleans.Silo.Admin;
using EcStreamOrleans.Silo.Configuration;
using EcStreamOrleans.Silo.Receptions;
using EcStreamOrleans.Silo.Relay;
using EcStreamOrleans.Silo.Spooling;
using EcStreamOrleans.Silo.State;
using OpenTelemetry.Metrics;
using Orleans.Storage;

namespace EcStreamOrleans.Silo;

/// <summary>Puts a silo together: spool, grains, relay, edge, admin listener, in the order in which they start.</summary>
internal static class SiloHosting
{
    /// <param name="builder">The host's builder.</param>
    /// <param name="settings">What the silo is told by .NET configuration.</param>
    /// <param name="configuration">What it is told by the configuration file.</param>
    /// <param name="more">Further services, or other implementations of the silo's own; null for none.</param>
    public static WebApplication Build(WebApplicationBuilder builder, GridSettings settings, LoadedConfiguration configuration, Action<IServiceCollection>? more)
    {
        var listeners = EdgeListeners.Bind(configuration.Grid.Listens);
        if (listeners.All.All(listener => listener.EndPoint is null))
        {
            throw new NoListenException(listeners.All);
        }

        var services = builder.Services;
        services.AddSingleton(settings).AddSingleton(settings.Admission).AddSingleton(settings.Limits).AddSingleton(settings.Limits.Peer).AddSingleton(settings.Facts).AddSingleton(settings.Spool).AddSingleton(settings.Relay).AddSingleton(settings.ReceptionLog);
        services.AddSingleton(new LiveConfiguration(configuration)).AddSingleton<LivePolicy>();
        services.AddSingleton<IStreamCodec>(EcStreamCodec.Instance);
        services.AddSingleton(TimeProvider.System);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.Limits.DrainTime + settings.Relay.DrainTime + TimeSpan.FromSeconds(5));

        // Hosted services start in this order and stop in the reverse one: the listener first, the spool last.
        services.AddSingleton<SpoolHost>().AddSingleton<IBatchSpool>(s => s.GetRequiredService<SpoolHost>());
        services.AddHostedService(s => s.GetRequiredService<SpoolHost>());
        AddSilo(builder, settings);
        AddReceptionLog(services, settings);
        services.AddSingleton<RetryQueue>().AddSingleton<RelayInstruments>().AddSingleton<GatewayClientFactory>().AddSingleton<RelayWorker>();
        services.AddHostedService(s => s.GetRequiredService<RelayWorker>());
        services.AddEcStreamEdge(listeners);
        services.AddSingleton<Reconfiguration>().AddHostedService(s => s.GetRequiredService<Reconfiguration>());
        services.AddAdmin(settings);
        services.AddSingleton<SpoolInstruments>();
        services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(EdgeInstruments.MeterName, RelayInstruments.MeterName, SpoolInstruments.MeterName, PolicyInstruments.MeterName, "Microsoft.Orleans")
            .AddRuntimeInstrumentation()
            .AddPrometheusExporter());
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, settings));
        more?.Invoke(services);

        var app = builder.Build();
        app.Services.GetRequiredService<SpoolInstruments>();
        app.Services.GetRequiredService<PolicyInstruments>();
        app.Services.GetRequiredService<NodeStatus>();
        app.MapAdmin(settings);
        return app;
    }

    private static void AddSilo(WebApplicationBuilder builder, GridSettings settings)
    {
        CheckSiloPort(settings.SiloPort);
        builder.UseOrleans(silo =>
        {
            // One node: no gateway is opened, since nobody may come through it, and whoever reaches it can call any grain.
            silo.UseLocalhostClustering(settings.SiloPort, gatewayPort: 0, serviceId: settings.ServiceId, clusterId: settings.ClusterId);
            if (settings.Storage.Kind == StorageKind.AzureTables)
            {
                AddAzureTables(silo, settings);
            }
            else
            {
                AddSqlite(silo.Services, settings);
            }
            silo.Services.AddSingleton(settings.Policy).AddSingleton<PolicyInstruments>();
        });
        builder.Services.AddSingleton<PolicyFollower>().AddHostedService(s => s.GetRequiredService<PolicyFollower>());
    }

    private static void AddSqlite(IServiceCollection services, GridSettings settings)
    {
        services.AddSingleton(_ =>
        {
            Directory.CreateDirectory(settings.Data);
            return new SqliteFile(Path.Combine(settings.Data, "state.db"));
        });
        services.AddKeyedSingleton<IGrainStorage>(PeerGrainStorage.Name, (s, _) => new SqliteGrainStorage(s.GetRequiredService<SqliteFile>()));
        services.AddSingleton<IPolicyLog, SqlitePolicyLog>();
    }

    private static void AddAzureTables(ISiloBuilder silo, GridSettings settings)
    {
        var service = settings.Storage.Connect();
        silo.AddAzureTableGrainStorage(PeerGrainStorage.Name, options =>
        {
            options.TableServiceClient = service;
            options.TableName = settings.Storage.TablePrefix + "GrainState";
        });

        // What is stored is the same JSON as in SQLite, without the names of our types.
        silo.UseSystemTextJsonGrainStorageSerializer();
        silo.Services.AddSingleton<IPolicyLog>(new AzurePolicyLog(service, settings.Storage.TablePrefix + "PolicyLog", settings.ServiceId));
    }

    /// <summary>Orleans binds its port so that a second silo would share it; an exclusive bind finds that out first.</summary>
    private static void CheckSiloPort(int port)
    {
        try
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ExclusiveAddressUse = true };
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new SiloPortTakenException(port);
        }
    }

    private static void AddReceptionLog(IServiceCollection services, GridSettings settings)
    {
        if (!string.IsNullOrEmpty(settings.ReceptionLog.Path))
        {
            services.AddSingleton<ReceptionLog>().AddSingleton<IReceptionLog>(s => s.GetRequiredService<ReceptionLog>());
            services.AddHostedService(s => s.GetRequiredService<ReceptionLog>());
        }
    }

    private static void Listen(Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions kestrel, GridSettings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.ListenAdmin(settings);
    }
}
