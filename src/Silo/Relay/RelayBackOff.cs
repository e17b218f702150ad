using EcStreamOrleans.Hosting;

namespace EcStreamOrleans.Silo.Relay;

/// <summary>The wait of all connections to a gateway that cannot be reached: one attempt at a time, ever rarer, and one log line.</summary>
internal sealed class RelayBackOff(RelayOptions options, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private TimeSpan _nextAttempt;
    private int _failures;

    /// <summary>The last failure's words; null while attempts succeed.</summary>
    public string? Trouble { get; private set; }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan wait;
            lock (_lock)
            {
                wait = _nextAttempt - clock.Elapsed();
                if (wait <= TimeSpan.Zero)
                {
                    if (_failures > 0)
                    {
                        // This caller tries; the others wait until it is known what came of it.
                        _nextAttempt = clock.Elapsed() + options.DelayAfter(_failures);
                    }

                    return;
                }
            }

            await Task.Delay(wait, clock, cancellationToken);
        }
    }

    /// <summary>Returns true if this failure is the first.</summary>
    public bool Failed(string error)
    {
        lock (_lock)
        {
            Trouble = error;
            _failures++;
            _nextAttempt = clock.Elapsed() + options.DelayAfter(_failures);
            return _failures == 1;
        }
    }

    /// <summary>Returns true if this success ends a time of failures.</summary>
    public bool Succeeded()
    {
        lock (_lock)
        {
            var hadFailed = _failures > 0;
            _failures = 0;
            _nextAttempt = default;
            Trouble = null;
            return hadFailed;
        }
    }
}
