namespace EcStreamOrleans.Grains;

/// <summary>
/// Where the batches of one peer enter the grid, over spells of time. A peer's grain belongs where most of its octets enter: anywhere else each batch costs a call
/// between silos, and those of an edge of its own process go through two silos, at three to four times the CPU (docs/performance.md).
/// </summary>
/// <param name="spell">How long most must enter at another silo; zero if the grain never moves.</param>
internal sealed class BatchEntries(TimeSpan spell)
{
    /// <summary>So much more must enter elsewhere than here: of two edges that share a peer's mail evenly, none is better.</summary>
    private const int Margin = 2;

    private readonly Dictionary<SiloAddress, long> _elsewhere = [];
    private long _here;
    private TimeSpan _began;

    /// <summary>Notes a batch.</summary>
    /// <param name="enteredAt">The other silo where it entered, or null.</param>
    /// <param name="bytes">Its octets.</param>
    /// <param name="now">The time since any fixed instant.</param>
    /// <returns>Where the grain belongs, at the end of a spell in which that was another silo; else null.</returns>
    public SiloAddress? Note(SiloAddress? enteredAt, long bytes, TimeSpan now)
    {
        if (enteredAt is null)
        {
            _here += bytes;
            if (_elsewhere.Count == 0)
            {
                return null;
            }
        }
        else if (spell == TimeSpan.Zero)
        {
            return null;
        }
        else
        {
            if (_elsewhere.Count == 0)
            {
                // The spell begins with the first octet from elsewhere.
                (_began, _here) = (now, 0);
            }

            _elsewhere[enteredAt] = _elsewhere.GetValueOrDefault(enteredAt) + bytes;
        }

        if (now - _began < spell)
        {
            return null;
        }

        var (most, amount) = _elsewhere.MaxBy(entry => entry.Value);
        var here = _here;
        _elsewhere.Clear();
        _here = 0;
        return amount > here * Margin ? most : null;
    }
}
