using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;

namespace EcStreamOrleans.Spool;

/// <summary>One append on its way: pooled, so that an append allocates next to nothing.</summary>
internal sealed class AppendOperation : IValueTaskSource<AppendResult>
{
    private const int MaxPooled = 256;
    private static readonly ConcurrentQueue<AppendOperation> Pool = new();
    private ManualResetValueTaskSourceCore<AppendResult> _core = new() { RunContinuationsAsynchronously = true };

    public SpoolBatch Batch { get; private set; }

    public int PeerBytes { get; set; }

    public int ListenerBytes { get; set; }

    public long RecordBytes { get; private set; }

    public long Number { get; set; }

    public long Offset { get; set; }

    public RecordHeader Header { get; set; }

    /// <summary>Another append of the same batch that waits for this one.</summary>
    public AppendOperation? Joined { get; set; }

    public ValueTask<AppendResult> Task => new(this, _core.Version);

    public static AppendOperation Rent(SpoolBatch batch, long recordBytes)
    {
        if (!Pool.TryDequeue(out var operation))
        {
            operation = new AppendOperation();
        }

        operation.Batch = batch;
        operation.RecordBytes = recordBytes;
        return operation;
    }

    public void Complete(AppendResult result)
    {
        var operation = this;
        while (operation is not null)
        {
            // Once it is completed, its caller may return it to the pool: nothing of it may be read after that.
            var next = operation.Joined;
            operation.Batch = default;
            operation.Joined = null;
            operation._core.SetResult(result);
            operation = next;
        }
    }

    public AppendResult GetResult(short token)
    {
        var result = _core.GetResult(token);
        _core.Reset();
        if (Pool.Count < MaxPooled)
        {
            Pool.Enqueue(this);
        }

        return result;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
