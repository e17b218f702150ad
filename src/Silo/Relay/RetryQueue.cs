using EcStreamOrleans.Hosting;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Relay;

/// <summary>Records with messages that wait for their next attempt, by the instant it is due.</summary>
internal sealed class RetryQueue(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<Retry, TimeSpan> _queue = new();
    private TaskCompletionSource _sooner = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Messages that wait.</summary>
    public long Messages { get; private set; }

    public void Add(Retry retry, TimeSpan delay)
    {
        lock (_lock)
        {
            _queue.Enqueue(retry, clock.Elapsed() + delay);
            Messages += retry.Messages;
            _sooner.TrySetResult();
        }
    }

    /// <summary>The next retry, when it is due.</summary>
    public async Task<Retry> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task sooner;
            var wait = Timeout.InfiniteTimeSpan;
            lock (_lock)
            {
                if (_queue.TryPeek(out var retry, out var due))
                {
                    wait = due - clock.Elapsed();
                    if (wait <= TimeSpan.Zero)
                    {
                        Messages -= retry.Messages;
                        return _queue.Dequeue();
                    }
                }

                if (_sooner.Task.IsCompleted)
                {
                    _sooner = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                sooner = _sooner.Task;
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(sooner, Task.Delay(wait, clock, either.Token));
            await either.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}

/// <summary>A record to be tried again.</summary>
/// <param name="Source">The spool that it is in.</param>
/// <param name="Record">The record.</param>
/// <param name="Failures">Attempts that failed so far.</param>
/// <param name="Messages">Messages of it that wait.</param>
internal readonly record struct Retry(RelaySource Source, SpoolRecordRef Record, int Failures, int Messages);
