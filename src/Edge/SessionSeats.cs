namespace EcStreamOrleans.Edge;

/// <summary>
/// How many sessions an edge has, and how many it is turning away. Those turned away are counted apart: they take no seat
/// from others, and there is an end to how many are held only to be told so.
/// </summary>
/// <param name="max">Sessions at most.</param>
internal sealed class SessionSeats(int max)
{
    /// <summary>Sessions being turned away at once. One more is closed with what it has sent by then answered.</summary>
    public const int MaxRefused = 1_000;

    private int _taken;
    private int _refused;

    /// <summary>Takes a seat.</summary>
    /// <param name="wouldBe">How many sessions there are with this one.</param>
    /// <returns>False if there is none: nothing is taken then.</returns>
    public bool TryTake(out int wouldBe) => TryTake(ref _taken, max, out wouldBe);

    public void Leave() => Interlocked.Decrement(ref _taken);

    /// <summary>Takes a place among those turned away.</summary>
    /// <returns>False if there is none: nothing is taken then.</returns>
    public bool TryRefuse() => TryTake(ref _refused, MaxRefused, out _);

    public void LeaveRefused() => Interlocked.Decrement(ref _refused);

    private static bool TryTake(ref int count, int max, out int wouldBe)
    {
        wouldBe = Interlocked.Increment(ref count);
        if (wouldBe <= max)
        {
            return true;
        }

        Interlocked.Decrement(ref count);
        return false;
    }
}
