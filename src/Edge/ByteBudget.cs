namespace EcStreamOrleans.Edge;

/// <summary>
/// A bound on what is under way: so many entries, so many octets. First come, first served, so that a big batch is not
/// overtaken for ever by small ones; a batch bigger than the whole budget goes alone.
/// </summary>
/// <param name="maxBytes">Octets under way at most, but for a single entry that is bigger.</param>
/// <param name="maxEntries">Entries under way at most.</param>
public sealed class ByteBudget(long maxBytes, int maxEntries)
{
    private readonly Lock _lock = new();
    private Queue<(TaskCompletionSource Admitted, long Bytes)>? _waiting;
    private long _bytes;
    private int _entries;

    /// <summary>Enters with so many octets, or waits for those before to leave.</summary>
    /// <param name="bytes">Octets; the same number leaves again.</param>
    public ValueTask EnterAsync(long bytes)
    {
        lock (_lock)
        {
            if (_waiting is not { Count: > 0 } && Fits(bytes))
            {
                Admit(bytes);
                return default;
            }

            var admitted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (_waiting ??= []).Enqueue((admitted, bytes));
            return new(admitted.Task);
        }
    }

    /// <summary>Leaves, and lets the next ones in.</summary>
    /// <param name="bytes">What was entered with.</param>
    public void Leave(long bytes)
    {
        lock (_lock)
        {
            _bytes -= bytes;
            _entries--;
            while (_waiting is { Count: > 0 } && Fits(_waiting.Peek().Bytes))
            {
                var (admitted, next) = _waiting.Dequeue();
                Admit(next);
                admitted.SetResult();
            }
        }
    }

    private bool Fits(long bytes) => _entries == 0 || (_entries < maxEntries && _bytes + bytes <= maxBytes);

    private void Admit(long bytes)
    {
        _bytes += bytes;
        _entries++;
    }
}
