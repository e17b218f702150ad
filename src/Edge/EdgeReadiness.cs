using EcStreamOrleans.Edge.Fallback;
using EcStreamOrleans.Edge.Nodes;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Hosting;

namespace EcStreamOrleans.Edge;

/// <summary>
/// Whether an edge takes mail: it listens, grains can be called, and it knows what operators have set. One that passes sessions on to another datacentre
/// takes it, too: what stands in front should go on sending clients there.
/// </summary>
public sealed class EdgeReadiness(EdgeListeners listeners, IGridAccess grid, FallbackRoute fallback, PolicyFollower policy, Maintenance maintenance, IHostApplicationLifetime lifetime) : INodeReadiness
{
    /// <inheritdoc/>
    public IReadOnlyList<string> FindObstacles()
    {
        List<string> obstacles = [];
        if (!lifetime.ApplicationStarted.IsCancellationRequested)
        {
            obstacles.Add("listener: not bound yet");
        }
        else if (listeners.All.All(listen => listen.EndPoint is null))
        {
            obstacles.Add("listener: no Listen is bound");
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            obstacles.Add("listener: stopping");
        }

        if (maintenance.Reason is { } reason)
        {
            obstacles.Add($"maintenance: {reason}");
        }

        if (fallback.IsOpen)
        {
            return obstacles;
        }

        if (grid.Obstacle is { } obstacle)
        {
            obstacles.Add($"cluster: {obstacle}");
        }

        if (fallback.Trouble is { } trouble)
        {
            obstacles.Add($"fallback: {trouble}");
        }

        if (!policy.HasBeenInStep)
        {
            obstacles.Add($"policy: {policy.Trouble}");
        }

        return obstacles;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> FindWarnings() => fallback.Warning is { } warning ? [warning] : [];
}
