namespace EcStreamOrleans.Grains;

/// <summary>
/// A token bucket that holds one second's worth. It knows one instant, that at which it is full again, and no clock. Over any
/// window it gives no more than rate × window and one second's worth; only what is bigger than the bucket itself stands in
/// that second's place, since it would pass never otherwise: it needs a full bucket and leaves it in debt.
/// </summary>
/// <param name="perSecond">Tokens a second.</param>
internal sealed class RateLimit(long perSecond)
{
    private long _fullAt = long.MinValue;

    /// <summary>Tokens a second, and the most that the bucket holds.</summary>
    public long PerSecond => perSecond;

    /// <summary>How long it takes until so much may be taken; zero if it may be now. Takes nothing.</summary>
    /// <param name="amount">Tokens.</param>
    /// <param name="now">The time since any fixed instant.</param>
    public TimeSpan WaitFor(long amount, TimeSpan now)
    {
        // What is bigger than the bucket waits for a full one, and for no more than that.
        var missing = Missing(now) + Math.Min(TicksOf(amount), TimeSpan.TicksPerSecond) - TimeSpan.TicksPerSecond;
        return missing > 0 ? TimeSpan.FromTicks(missing) : TimeSpan.Zero;
    }

    /// <summary>Takes so much. Only after <see cref="WaitFor"/> has said that it may be taken.</summary>
    /// <param name="amount">Tokens.</param>
    /// <param name="now">The time since the same instant.</param>
    public void Take(long amount, TimeSpan now) => _fullAt = now.Ticks + Missing(now) + TicksOf(amount);

    /// <summary>How long it takes until the bucket is half full again: who waits so long behind what was taken is hardly ever refused.</summary>
    /// <param name="now">The time since the same instant.</param>
    public TimeSpan UntilHalfFull(TimeSpan now) => TimeSpan.FromTicks(Math.Max(0, Missing(now) - (TimeSpan.TicksPerSecond / 2)));

    /// <summary>The rate that there would be with so much more: what the bucket lacks then of being full, a second being its whole.</summary>
    /// <param name="amount">Tokens.</param>
    /// <param name="now">The time since the same instant.</param>
    public long RateWith(long amount, TimeSpan now) =>
        (long)Math.Ceiling((Missing(now) + TicksOf(amount)) * (double)perSecond / TimeSpan.TicksPerSecond);

    // The time that the bucket needs to be full.
    private long Missing(TimeSpan now) => _fullAt > now.Ticks ? _fullAt - now.Ticks : 0;

    // The time that so many tokens are worth, rounded up: never a token more than the rate.
    private long TicksOf(long amount) => ((amount * TimeSpan.TicksPerSecond) + perSecond - 1) / perSecond;
}
