using EcStreamOrleans.Edge.Nodes;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Edge.Standalone;

/// <summary>Puts a separate edge together: the way to the silos, the policy, the listener, in the order in which they start.</summary>
internal static class EdgeHost
{
    public static WebApplication Build(WebApplicationBuilder builder, EdgeSettings settings, LoadedConfiguration configuration)
    {
        var listeners = EdgeListeners.BindAny(configuration.Grid.Listens);
        var services = builder.Services;
        services.AddSingleton<NodeSettings>(settings).AddSingleton(settings).AddSingleton(settings.Limits).AddSingleton(settings.Facts).AddSingleton(settings.Fallback);
        services.AddSingleton(new LiveConfiguration(configuration)).AddSingleton<LivePolicy>();
        services.AddSingleton<IStreamCodec>(EcStreamCodec.Instance);
        services.AddSingleton(TimeProvider.System);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.Limits.DrainTime + TimeSpan.FromSeconds(10));

        // Hosted services start in this order and stop in the reverse one.
        services.AddSingleton<GridClient>().AddSingleton<IGridAccess>(s => s.GetRequiredService<GridClient>());
        services.AddSingleton(s => s.GetRequiredService<GridClient>().Grains);
        services.AddSingleton<PolicyInstruments>().AddSingleton<PolicyFollower>().AddHostedService<GridConnection>();
        services.AddReceptionLog(settings.ReceptionLog);
        services.AddEcStreamEdge(listeners);
        services.AddSingleton<INodeReadiness>(s => s.GetRequiredService<EdgeReadiness>()).AddSingleton<INodeHealth, EdgeHealth>();
        services.AddTelemetry(settings, "ecstream-edge", EdgeInstruments.MeterName, PolicyInstruments.MeterName);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenHealth(settings.Health);
        });

        var app = builder.Build();
        app.Services.GetRequiredService<PolicyInstruments>();
        app.MapPrometheusScrapingEndpoint();
        app.MapHealth();
        return app;
    }
}
