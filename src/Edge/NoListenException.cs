namespace EcStreamOrleans.Edge;

/// <summary>No Listen of the configuration could be bound: the node would take no mail.</summary>
/// <param name="listeners">How it stands with each.</param>
public sealed class NoListenException(IEnumerable<EdgeListener> listeners)
    : Exception($"Cannot listen: {string.Join("; ", listeners.Select(l => $"{l.Address}: {l.Error}"))}. Change the Listen in the configuration, or stop who listens there.");
