namespace EcStreamOrleans.Edge;

/// <summary>
/// The times of one session: last sign of life, how fast a package under way comes in, how long a flush takes. Written by the
/// session, judged by the heartbeat: no timer for a connection.
/// </summary>
internal sealed class SessionClock(EdgeOptions options, TimeProvider clock)
{
    private long _lastActivity = clock.GetTimestamp();
    private long _flushStarted;
    private long _lastTick;
    private long _packageBytes;
    private long _packageTicks;
    private bool _isReading;

    /// <summary>Since the last octet or the last reply.</summary>
    public TimeSpan SinceActivity => clock.GetElapsedTime(Volatile.Read(ref _lastActivity));

    public void Touch() => Volatile.Write(ref _lastActivity, clock.GetTimestamp());

    public void ReadStarted() => Volatile.Write(ref _isReading, true);

    public void Received(long bytes)
    {
        Volatile.Write(ref _isReading, false);
        Interlocked.Add(ref _packageBytes, bytes);
    }

    public void PackageEnded()
    {
        Volatile.Write(ref _packageBytes, 0);
        Volatile.Write(ref _packageTicks, 0);
    }

    public void FlushStarted() => Volatile.Write(ref _flushStarted, Math.Max(1, clock.GetTimestamp()));

    public void FlushEnded() => Volatile.Write(ref _flushStarted, 0);

    /// <summary>Called by every heartbeat: whether the session is to end, and why.</summary>
    public SessionEnd? Judge(TimeSpan idleTime, bool owesReplies, bool inPackage)
    {
        if (Volatile.Read(ref _flushStarted) is > 0 and var started && clock.GetElapsedTime(started) >= idleTime)
        {
            return SessionEnd.RepliesNotRead;
        }

        if (!owesReplies && SinceActivity >= idleTime)
        {
            return SessionEnd.Idle;
        }

        return IsTooSlow(inPackage) ? SessionEnd.TooSlow : null;
    }

    // Only time in which the edge waited for the client counts, and never more than two heartbeats at once: a starved
    // server is not a slow client.
    private bool IsTooSlow(bool inPackage)
    {
        var now = clock.GetTimestamp();
        var sinceTick = Math.Min(now - _lastTick, 2 * EdgeHeartbeat.Period.Ticks * clock.TimestampFrequency / TimeSpan.TicksPerSecond);
        _lastTick = now;
        if (!inPackage || !Volatile.Read(ref _isReading) || options.MinPackageBytesPerSecond == 0)
        {
            return false;
        }

        var seconds = (double)Interlocked.Add(ref _packageTicks, sinceTick) / clock.TimestampFrequency;
        return seconds > options.MinRateGrace.TotalSeconds && Interlocked.Read(ref _packageBytes) < seconds * options.MinPackageBytesPerSecond;
    }
}
