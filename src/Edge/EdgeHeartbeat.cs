namespace EcStreamOrleans.Edge;

/// <summary>One timer for all connections of the edge.</summary>
internal sealed class EdgeHeartbeat(SessionRegistry sessions, TimeProvider clock, EdgeLog log) : IDisposable
{
    /// <summary>An idle session is closed this much late at most.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private ITimer? _timer;
    private int _isBeating;

    public void Start() => _timer ??= clock.CreateTimer(static me => ((EdgeHeartbeat)me!).Beat(), this, Period, Period);

    public void Dispose() => _timer?.Dispose();

    private void Beat()
    {
        // A beat that takes longer than the period must not run twice at once.
        if (Interlocked.Exchange(ref _isBeating, 1) == 1)
        {
            return;
        }

        try
        {
            sessions.Tick();
        }
        catch (Exception error)
        {
            log.HeartbeatFailed(error);
        }
        finally
        {
            Volatile.Write(ref _isBeating, 0);
        }
    }
}
