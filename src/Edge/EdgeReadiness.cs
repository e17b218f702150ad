using EcStreamOrleans.Edge.Nodes;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Hosting;

namespace EcStreamOrleans.Edge;

/// <summary>Whether an edge takes mail: it listens, grains can be called, and it knows what operators have set.</summary>
public sealed class EdgeReadiness(EdgeListeners listeners, IGridAccess grid, PolicyFollower policy, Maintenance maintenance, IHostApplicationLifetime lifetime) : INodeReadiness
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

        if (grid.Obstacle is { } obstacle)
        {
            obstacles.Add($"cluster: {obstacle}");
        }

        if (!policy.HasBeenInStep)
        {
            obstacles.Add($"policy: {policy.Trouble}");
        }

        if (maintenance.Reason is { } reason)
        {
            obstacles.Add($"maintenance: {reason}");
        }

        return obstacles;
    }
}
