using System.Net;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace EcStreamOrleans.Grid.Tests.Transport;

/// <summary>A silo or a client of Orleans alone, on real sockets, on this transport.</summary>
internal sealed class GridNode : IAsyncDisposable
{
    private readonly IHost _host;

    private GridNode(IHost host, LogLines log)
    {
        _host = host;
        Log = log;
    }

    public LogLines Log { get; }

    public int SiloPort { get; private init; }

    public int GatewayPort { get; private init; }

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public static async Task<GridNode> StartSiloAsync(TransportSettings settings, TransportCredentials? credentials = null, GridNode? primary = null, int? siloPort = null, CuttingRelay? relay = null)
    {
        var (port, gateway) = (siloPort ?? FreePort.Next(), relay?.Port ?? FreePort.Next());
        var (builder, log) = CreateBuilder();
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(port, gateway, primary is null ? null : new IPEndPoint(IPAddress.Loopback, primary.SiloPort))
            .UseGridTransport(settings, credentials));
        if (relay is not null)
        {
            // Clients know the gateway by the relay's port only.
            builder.Services.Configure<EndpointOptions>(options => options.GatewayListeningEndpoint = new IPEndPoint(IPAddress.Loopback, relay.Target));
        }

        return await StartAsync(new GridNode(builder.Build(), log) { SiloPort = port, GatewayPort = gateway });
    }

    /// <summary>A client that gives up at the first refusal.</summary>
    public static async Task<GridNode> StartClientAsync(TransportSettings settings, int gatewayPort)
    {
        var (builder, log) = CreateBuilder();
        builder.UseOrleansClient(client => client
            .UseLocalhostClustering(gatewayPort)
            .UseConnectionRetryFilter((_, _) => Task.FromResult(false))
            .UseGridTransport(settings));
        builder.Services.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(15));
        return await StartAsync(new GridNode(builder.Build(), log));
    }

    public async Task<byte[]> EchoAsync(byte[] payload, string key = "echo") =>
        await Within.PatienceOf(Grains.GetGrain<IEchoGrain>(key).EchoAsync(payload).AsTask(), "the grain answers");

    public async ValueTask DisposeAsync()
    {
        await Within.PatienceOf(_host.StopAsync(), "the node stops");
        _host.Dispose();
    }

    private static (HostApplicationBuilder Builder, LogLines Log) CreateBuilder()
    {
        var log = new LogLines();
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddProvider(log);
        return (builder, log);
    }

    private static async Task<GridNode> StartAsync(GridNode node)
    {
        try
        {
            await Within.PatienceOf(node._host.StartAsync(), "the node starts");
            return node;
        }
        catch
        {
            node._host.Dispose();
            throw;
        }
    }
}
