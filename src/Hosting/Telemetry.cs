using EcStreamOrleans.Grains;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace EcStreamOrleans.Hosting;

/// <summary>What a node tells others about itself while it runs: metrics for whoever asks, and spans for a collector.</summary>
public static class Telemetry
{
    /// <summary>Adds metrics, and traces where <see cref="TracingOptions.Endpoint"/> says so.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="settings">The program's settings.</param>
    /// <param name="program">The program's name in spans.</param>
    /// <param name="meters">The meters of the program's own.</param>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, NodeSettings settings, string program, params string[] meters)
    {
        ArgumentNullException.ThrowIfNull(settings);
        services.AddSingleton(settings.Tracing).AddSingleton<BatchTracing>();
        var telemetry = services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter([.. meters, "Microsoft.Orleans"])
            .AddRuntimeInstrumentation()
            .AddPrometheusExporter());
        if (settings.Tracing.Endpoint is { } endpoint)
        {
            // Which batches are traced is decided before a span begins.
            telemetry
                .ConfigureResource(resource => resource.AddService(program, serviceNamespace: settings.ClusterId, serviceVersion: NodeProgram.Version, serviceInstanceId: Environment.MachineName))
                .WithTracing(traces => traces
                    .AddSource(BatchTracing.SourceName)
                    .SetSampler(new AlwaysOnSampler())
                    .AddOtlpExporter(otlp => (otlp.Endpoint, otlp.Protocol) = (new Uri(endpoint), OtlpExportProtocol.HttpProtobuf)));
        }

        return services;
    }
}
