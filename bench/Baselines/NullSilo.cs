using EcStreamOrleans.Grains;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Silo;
using EcStreamOrleans.Silo.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace EcStreamOrleans.Baselines;

/// <summary>The silo as it is, edge and grains and all, but for a spool that says "durable" at once and keeps nothing. Mail that it takes is lost.</summary>
internal static class NullSilo
{
    public static NodeProgram<GridSettings> Program { get; } = SiloProgram.Instance with
    {
        Build = (builder, settings, configuration) =>
            SiloHosting.Build(builder, settings, configuration, more: services => services.AddSingleton<IBatchSpool, NullSpool>()),
    };

    private sealed class NullSpool : IBatchSpool
    {
        private long _records;

        public ValueTask<SpoolAnswer> AppendAsync(PeerId peer, MailBatch batch, CancellationToken cancellationToken) =>
            new(new SpoolAnswer(IsDurable: true, "0000", Interlocked.Increment(ref _records), Text: null));
    }
}
