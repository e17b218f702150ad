namespace EcStreamOrleans.Grains;

/// <summary>
/// The last 64 sequence numbers of a session's batches that its peer's rate has let pass: as many as a session can have
/// under way. A batch that is asked for again after its answer was lost is not weighed again: it may be durable.
/// </summary>
internal struct RecentSequences
{
    private const int Size = 64;

    private long _newest;
    private ulong _bits;

    /// <summary>Whether the number is remembered.</summary>
    /// <param name="sequence">1 or more.</param>
    public readonly bool Contains(long sequence) =>
        _newest - sequence is >= 0 and < Size and var age && (_bits & (1UL << (int)age)) != 0;

    /// <summary>Remembers the number, and forgets those 64 or more below the highest.</summary>
    /// <param name="sequence">1 or more.</param>
    public void Add(long sequence)
    {
        if (sequence > _newest)
        {
            var ahead = sequence - _newest;
            _bits = ahead < Size ? _bits << (int)ahead : 0;
            _newest = sequence;
        }

        if (_newest - sequence is < Size and var age)
        {
            _bits |= 1UL << (int)age;
        }
    }
}
