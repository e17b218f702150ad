using EcStreamOrleans.Grains;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Silo.State;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>
/// The policy's store with a fault at one of its writes. Appends to the log and writes of state are counted together, from 1 on, in the order in
/// which they begin: what a change does to the disk is one sequence.
/// </summary>
internal sealed class FaultyStore : IDisposable
{
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _struck = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _writes;
    private int _faultAt;
    private Fault _fault;

    /// <summary>The fault has been met.</summary>
    public Task Struck => Within.PatienceOf(_struck.Task, "the write that fails is made");

    /// <summary>What the write of this number does, counted from now on.</summary>
    public void Arm(int write, Fault fault)
    {
        (_faultAt, _fault) = (write, fault);
        Interlocked.Exchange(ref _writes, 0);
    }

    public void Heal() => _faultAt = 0;

    /// <summary>Puts it before the silo's own store.</summary>
    public void AddTo(IServiceCollection services)
    {
        services.AddSingleton<IPolicyLog>(s => new Log(this, new SqlitePolicyLog(s.GetRequiredService<SqliteFile>())));
        services.AddKeyedSingleton<IGrainStorage>(PeerGrainStorage.Name, (s, _) => new Storage(this, new SqliteGrainStorage(s.GetRequiredService<SqliteFile>())));
    }

    /// <summary>Lets go of the writes that hang.</summary>
    public void Dispose() => _disposed.TrySetResult();

    private async Task<T> WriteAsync<T>(Func<Task<T>> write)
    {
        var (number, at, fault) = (Interlocked.Increment(ref _writes), _faultAt, _fault);
        if (at == 0 || number < at || (number > at && fault is not (Fault.DiesBefore or Fault.DiesBehind)))
        {
            return await write();
        }

        if (number == at && fault is Fault.DiesBehind or Fault.FailsBehind or Fault.HangsBehind)
        {
            await write();
        }

        _struck.TrySetResult();
        if (fault is Fault.HangsBefore or Fault.HangsBehind)
        {
            await _disposed.Task;
        }

        throw new IOException($"write {number}: {fault}");
    }

    private sealed class Log(FaultyStore store, IPolicyLog inner) : IPolicyLog
    {
        public ValueTask<IReadOnlyList<PolicyEntry>> ReadAsync(long afterVersion, int limit, CancellationToken cancellationToken) =>
            inner.ReadAsync(afterVersion, limit, cancellationToken);

        public async ValueTask<bool> TryAppendAsync(PolicyEntry entry, CancellationToken cancellationToken) =>
            await store.WriteAsync(() => inner.TryAppendAsync(entry, cancellationToken).AsTask());
    }

    private sealed class Storage(FaultyStore store, IGrainStorage inner) : IGrainStorage
    {
        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ReadStateAsync(stateName, grainId, grainState);

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => store.WriteAsync(async () =>
        {
            await inner.WriteStateAsync(stateName, grainId, grainState);
            return true;
        });

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ClearStateAsync(stateName, grainId, grainState);
    }
}

/// <summary>What goes wrong. Before: nothing is on disk. Behind: it is, and the writer does not hear of it.</summary>
public enum Fault
{
    /// <summary>This write fails, and so does every later one: to the disk, the process ends here.</summary>
    DiesBefore,

    /// <summary>The same, and this write is on disk.</summary>
    DiesBehind,

    /// <summary>This write fails, the next one does not.</summary>
    FailsBefore,

    /// <summary>The same, and this write is on disk.</summary>
    FailsBehind,

    /// <summary>This write is never answered.</summary>
    HangsBefore,

    /// <summary>The same, and it is on disk.</summary>
    HangsBehind,
}
