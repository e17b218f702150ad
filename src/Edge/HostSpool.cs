using EcStreamOrleans.Grains;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Edge;

/// <summary>
/// The spool of the silo that hosts an edge. With leave of a grain elsewhere a batch goes there, instead of through two silos (docs/adr/0016). An edge of its own process has none.
/// </summary>
/// <param name="spool">The spool.</param>
/// <param name="silo">The silo.</param>
/// <param name="clock">The time.</param>
public sealed class HostSpool(IBatchSpool spool, ILocalSiloDetails silo, TimeProvider clock)
{
    /// <summary>As long as a call of a grain may take.</summary>
    private static readonly TimeSpan AppendTime = TimeSpan.FromSeconds(5);

    /// <summary>Where batches enter.</summary>
    public SiloAddress Silo => silo.SiloAddress;

    /// <summary>Appends a batch; idempotent by its id. A time-out leaves open what became of it, and its memory with the spool.</summary>
    /// <param name="peer">The injecting peer.</param>
    /// <param name="batch">The batch.</param>
    public async ValueTask<SpoolAnswer> AppendAsync(PeerId peer, MailBatch batch)
    {
        try
        {
            return await spool.AppendAsync(peer, batch, CancellationToken.None).AsTask().WaitAsync(AppendTime, clock);
        }
        catch
        {
            batch.Keep();
            throw;
        }
    }
}
