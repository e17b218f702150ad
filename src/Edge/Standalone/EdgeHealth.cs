using EcStreamOrleans.Edge.Nodes;
using EcStreamOrleans.Grains.Nodes;
using EcStreamOrleans.Hosting;

namespace EcStreamOrleans.Edge.Standalone;

/// <summary>What a separate edge knows of itself.</summary>
internal sealed class EdgeHealth(EdgeReadiness readiness, EdgeSettings settings, TimeProvider clock) : INodeHealth
{
    public string Role => "edge";

    public string? Zone => settings.Clustering.Zone;

    public string Version => NodeProgram.Version;

    public DateTimeOffset StartedAt { get; } = clock.GetUtcNow();

    public NodeSpool? Spool => null;

    public IReadOnlyList<string> FindObstacles() => readiness.FindObstacles();

    public IReadOnlyList<string> FindWarnings() => readiness.FindWarnings();
}
