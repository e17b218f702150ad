namespace EcStreamOrleans.Edge.Facts;

/// <summary>The facts of a node's latest traffic, as many as are kept and no older: what a change of policy is tried on.</summary>
/// <param name="options">How many, and for how long.</param>
/// <param name="clock">The time.</param>
public sealed class TrafficFacts(FactsOptions options, TimeProvider clock)
{
    // Memory comes in blocks as traffic does: a quiet node keeps one.
    private const int BlockSize = 4_096;

    private readonly Lock _lock = new();
    private readonly Queue<TrafficFact[]> _blocks = new();
    private TrafficFact[]? _newest;
    private int _used;

    /// <summary>Whether facts are kept at all.</summary>
    public bool IsOn => options.MaxBatches > 0;

    /// <summary>Adds a fact; the oldest block goes when there are too many or they are too old.</summary>
    /// <param name="fact">The fact.</param>
    public void Add(in TrafficFact fact)
    {
        if (!IsOn)
        {
            return;
        }

        lock (_lock)
        {
            if (_newest is null || _used == BlockSize)
            {
                var mostBlocks = Math.Max(1, options.MaxBatches / BlockSize);
                _newest = _blocks.Count >= mostBlocks ? _blocks.Dequeue() : new TrafficFact[BlockSize];
                _blocks.Enqueue(_newest);
                _used = 0;
                DropOld(fact.Instant - options.MaxAge);
            }

            _newest[_used++] = fact;
        }
    }

    /// <summary>The facts that are kept, oldest first.</summary>
    public IReadOnlyList<TrafficFact> Snapshot()
    {
        lock (_lock)
        {
            var oldest = clock.GetUtcNow() - options.MaxAge;
            var facts = new List<TrafficFact>(_blocks.Count * BlockSize);
            foreach (var block in _blocks)
            {
                foreach (ref readonly var fact in block.AsSpan(0, block == _newest ? _used : BlockSize))
                {
                    if (fact.Instant >= oldest)
                    {
                        facts.Add(fact);
                    }
                }
            }

            return facts;
        }
    }

    private void DropOld(DateTimeOffset oldest)
    {
        while (_blocks.TryPeek(out var block) && block != _newest && block[^1].Instant < oldest)
        {
            _blocks.Dequeue();
        }
    }
}
