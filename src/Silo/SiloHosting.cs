using EcStreamOrleans.Azure.Policy;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Protocol.Framing;
using EcStreamOrleans.Silo.Admin;
using EcStreamOrleans.Silo.Admin.Dashboard;
using EcStreamOrleans.Silo.Configuration;
using EcStreamOrleans.Silo.Copies;
using EcStreamOrleans.Silo.Relay;
using EcStreamOrleans.Silo.Spooling;
using EcStreamOrleans.Silo.State;
using EcStreamOrleans.Spool;
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
        var listeners = EdgeListeners.BindAny(configuration.Grid.Listens);
        var services = builder.Services;
        services.AddSingleton(settings).AddSingleton<NodeSettings>(settings).AddSingleton(settings.Admission).AddSingleton(settings.Limits).AddSingleton(settings.Limits.Peer).AddSingleton(new PeerPlacement(settings.Clustering.MoveAfter)).AddSingleton<PeerInstruments>().AddSingleton(settings.Facts).AddSingleton(settings.Fallback).AddSingleton(settings.Spool).AddSingleton<SpoolOptions>(settings.Spool).AddSingleton(settings.Relay);
        services.AddSingleton(new LiveConfiguration(configuration)).AddSingleton<LivePolicy>();
        services.AddSingleton<IStreamCodec>(EcStreamCodec.Instance);
        services.AddSingleton(TimeProvider.System);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.Limits.DrainTime + settings.Relay.DrainTime + TimeSpan.FromSeconds(5));

        // Hosted services start in this order and stop in the reverse one: the listener first, the spool last.
        services.AddSingleton<SpoolHost>();
        services.AddHostedService(s => s.GetRequiredService<SpoolHost>());
        var mayHaveCopies = settings.Clustering.Kind != ClusteringKind.Localhost;
        if (mayHaveCopies)
        {
            services.AddCopies();
        }

        services.AddSingleton<IBatchSpool>(s => settings.Spool.Copies > 1 ? s.GetRequiredService<CopySender>() : s.GetRequiredService<SpoolHost>());
        AddSilo(builder, settings);
        if (mayHaveCopies)
        {
            services.AddHostedService(s => s.GetRequiredService<CopySender>());
        }

        services.AddReceptionLog(settings.ReceptionLog);
        services.AddSingleton<OwnSource>().AddSingleton<RetryQueue>().AddSingleton<RelayInstruments>().AddSingleton<GatewayClientFactory>().AddSingleton<RelayWorker>();
        services.AddHostedService(s => s.GetRequiredService<RelayWorker>());
        services.AddSingleton<IGridAccess, LocalGrid>();
        services.AddSingleton<HostSpool>();
        services.AddEcStreamEdge(listeners);
        services.AddAdmin(settings);
        services.AddSingleton<SpoolInstruments>();
        services.AddTelemetry(settings, "ecstream-silo", EdgeInstruments.MeterName, RelayInstruments.MeterName, SpoolInstruments.MeterName, PolicyInstruments.MeterName, PeerInstruments.MeterName);
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, settings));
        more?.Invoke(services);

        var app = builder.Build();
        app.Services.GetRequiredService<SpoolInstruments>();
        app.Services.GetService<CopyInstruments>();
        app.Services.GetRequiredService<PolicyInstruments>();
        app.Services.GetRequiredService<NodeStatus>();
        app.UseHealthListener();
        app.MapAdmin(settings);
        return app;
    }

    private static void AddSilo(WebApplicationBuilder builder, GridSettings settings)
    {
        builder.UseOrleans(silo =>
        {
            silo.JoinCluster(settings);
            if (settings.Clustering.Kind != ClusteringKind.Localhost)
            {
                silo.AddGrainService<CopyService>();
            }

            if (settings.Storage.Kind == StorageKind.AzureTables)
            {
                AddAzureTables(silo, settings);
            }
            else
            {
                AddSqlite(silo.Services, settings);
            }

            if (settings.AdminDashboard)
            {
                silo.AddSilosDashboard();
            }

            silo.Services.AddSingleton(settings.Policy).AddSingleton<PolicyInstruments>();
        });
        builder.Services.AddSingleton<PolicyFollower>().AddHostedService(s => s.GetRequiredService<PolicyFollower>());
    }

    // Whoever has no copies of its own may hold those of others, or have some to be told of.
    private static void AddCopies(this IServiceCollection services)
    {
        services.AddSingleton<CopyClient>().AddSingleton<CopyPlaces>().AddSingleton<CopySender>().AddSingleton<CopyHolder>().AddSingleton<CopyInstruments>();
        services.AddHostedService(s => s.GetRequiredService<CopyHolder>());
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

    private static void Listen(Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions kestrel, GridSettings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.ListenAdmin(settings);
        kestrel.ListenHealth(settings.Health);
    }
}
