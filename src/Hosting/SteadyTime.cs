namespace EcStreamOrleans.Hosting;

/// <summary>Time for spans within the process.</summary>
public static class SteadyTime
{
    /// <summary>The time since an instant that stays the same for the life of the process. It takes no part in the jumps of the wall clock: a wait that was reckoned by that would last for as long as it is set back.</summary>
    /// <param name="clock">The clock.</param>
    public static TimeSpan Elapsed(this TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        return clock.GetElapsedTime(0);
    }
}
