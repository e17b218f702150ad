namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>The configuration that is in effect. Whoever decides by it asks for <see cref="Current"/> each time, once for a decision.</summary>
/// <param name="initial">What the node starts with.</param>
public sealed class LiveConfiguration(LoadedConfiguration initial)
{
    private volatile LoadedConfiguration _current = initial;

    /// <summary>Called behind every swap, by the thread that swapped.</summary>
    public event Action<LoadedConfiguration>? Changed;

    /// <summary>What is in effect now.</summary>
    public LoadedConfiguration Current => _current;

    /// <summary>What takes effect now.</summary>
    public GridConfiguration Grid => _current.Grid;

    /// <summary>Puts another configuration into effect. Calls must not overlap.</summary>
    /// <param name="next">Its generation is one above that of <see cref="Current"/>.</param>
    public void Swap(LoadedConfiguration next)
    {
        ArgumentNullException.ThrowIfNull(next);
        if (next.Generation != _current.Generation + 1)
        {
            throw new ArgumentException($"Generation {next.Generation} does not follow {_current.Generation}.", nameof(next));
        }

        _current = next;
        Changed?.Invoke(next);
    }
}
