using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Configuration;
using Orleans.Storage;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>Providers as a silo gets them: by their public way in, so that the same tests hold for others of the same names.</summary>
internal sealed class OrleansParts : IDisposable
{
    private readonly IHost _host;

    public OrleansParts(Action<ISiloBuilder> configure, string serviceId = "svc", string clusterId = "cluster")
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering();
            silo.Services.Configure<ClusterOptions>(cluster => (cluster.ServiceId, cluster.ClusterId) = (serviceId, clusterId));
            configure(silo);
        });
        _host = builder.Build();
    }

    public IServiceProvider Services => _host.Services;

    /// <summary>A grain storage, started.</summary>
    public async Task<IGrainStorage> StorageAsync(string name)
    {
        var storage = Services.GetRequiredKeyedService<IGrainStorage>(name);
        var lifecycle = new SiloLifecycleSubject(NullLogger<SiloLifecycleSubject>.Instance);
        ((ILifecycleParticipant<ISiloLifecycle>)storage).Participate(lifecycle);
        await lifecycle.OnStart(CancellationToken.None);
        return storage;
    }

    public void Dispose() => _host.Dispose();
}
