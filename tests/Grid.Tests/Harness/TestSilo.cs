using System.Net;
using System.Net.Http.Json;
using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Silo;
using EcStreamOrleans.Silo.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>A whole silo in the test's process: real sockets, real files, the product's own start.</summary>
internal sealed class TestSilo : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _admin;

    private TestSilo(WebApplication app, LogLines log, string adminUrl)
    {
        _app = app;
        Log = log;
        _admin = new HttpClient { BaseAddress = new Uri(adminUrl) };
        AdminUrl = adminUrl;
    }

    public string AdminUrl { get; }

    public LogLines Log { get; }

    public IServiceProvider Services => _app.Services;

    public IGrainFactory Grains => _app.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Where the first TCP Listen that is bound is.</summary>
    public IPEndPoint EndPoint => _app.Services.GetRequiredService<EdgeListeners>().All.Select(l => l.EndPoint).OfType<IPEndPoint>().First();

    public HttpClient Admin => _admin;

    public static async Task<TestSilo> StartAsync(
        TempDirectory directory,
        string conf = """ECStream_Listener { Peer "10.0.0.0/8" { } Listen "127.0.0.1:0" { } }""",
        Action<GridSettings>? settings = null,
        Action<IServiceCollection>? services = null,
        Func<GridConfiguration, GridConfiguration>? change = null)
    {
        var errors = new List<string>();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        var log = new LogLines();
        builder.Logging.AddProvider(log);
        builder.Logging.SetMinimumLevel(LogLevel.Debug);
        builder.Logging.AddFilter("EcStreamOrleans.Edge", LogLevel.Debug).AddFilter("Orleans", LogLevel.Warning).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Polly", LogLevel.Warning);
        var grid = GridSettings.Read(builder.Configuration, errors);
        grid.Data = directory.Sub("data");
        grid.Spool.Directory = directory.Sub("data/spool");
        grid.Spool.SegmentBytes = 4 << 20;
        grid.SiloPort = ServicePort.Next();
        grid.GatewayPort = 0;
        grid.Admin = $"http://127.0.0.1:{ServicePort.Next()}";
        settings?.Invoke(grid);
        Assert.Empty(errors);
        var result = grid.Conf is null ? ConfigurationLoader.Parse(conf, "test.conf") : ConfigurationFile.Read(grid);
        Assert.True(result.Configuration is not null, string.Join('\n', result.Diagnostics));
        var app = SiloHosting.Build(
            builder, grid, new LoadedConfiguration(change?.Invoke(result.Configuration) ?? result.Configuration, result.Document!, 1), services);
        await app.StartAsync();
        return new TestSilo(app, log, grid.Admin);
    }

    public async Task<StatusReport> StatusAsync() =>
        (await _admin.GetFromJsonAsync("/api/v1/status", AdminJson.Default.StatusReport))!;

    /// <summary>Waits until a counter has this value for this reason.</summary>
    public Task HasMetricAsync(string name, string reason, long value) => Within.Becomes(
        async () => (await _admin.GetStringAsync("/metrics")).Split('\n').Any(line =>
            line.StartsWith(name + "{", StringComparison.Ordinal)
            && line.Contains($"reason=\"{reason}\"", StringComparison.Ordinal)
            && line.Contains($"}} {value}", StringComparison.Ordinal)),
        $"{name} of {reason} is {value}");

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        _admin.Dispose();
        await _app.DisposeAsync();
    }
}
