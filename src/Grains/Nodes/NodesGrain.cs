namespace EcStreamOrleans.Grains.Nodes;

/// <summary>See <see cref="INodesGrain"/>.</summary>
internal sealed class NodesGrain(TimeProvider clock) : Grain, INodesGrain
{
    private readonly Dictionary<string, Entry> _nodes = new(StringComparer.Ordinal);

    public ValueTask ReportAsync(NodeReport report, INodeObserver observer, CancellationToken cancellationToken)
    {
        _nodes[report.Node] = new Entry(report, observer, clock.GetTimestamp());
        DropSilent();
        return default;
    }

    public ValueTask LeaveAsync(string node, CancellationToken cancellationToken)
    {
        _nodes.Remove(node);
        return default;
    }

    public ValueTask<IReadOnlyList<KnownNode>> GetAsync(CancellationToken cancellationToken)
    {
        DropSilent();
        return new([.. _nodes.Values
            .OrderBy(node => node.Report.Role, StringComparer.Ordinal).ThenBy(node => node.Report.Node, StringComparer.Ordinal)
            .Select(node => new KnownNode(node.Report, clock.GetElapsedTime(node.SeenAt), node.Observer))]);
    }

    private void DropSilent()
    {
        foreach (var (name, node) in _nodes)
        {
            if (clock.GetElapsedTime(node.SeenAt) > INodesGrain.Lease)
            {
                _nodes.Remove(name);
            }
        }
    }

    private sealed record Entry(NodeReport Report, INodeObserver Observer, long SeenAt);
}
