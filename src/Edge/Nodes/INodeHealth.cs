using EcStreamOrleans.Grains.Nodes;
using EcStreamOrleans.Hosting;

namespace EcStreamOrleans.Edge.Nodes;

/// <summary>What the program that an edge is a part of knows of itself.</summary>
public interface INodeHealth : INodeReadiness
{
    /// <summary><c>silo</c> or <c>edge</c>.</summary>
    string Role { get; }

    /// <summary>The zone it is in, or null.</summary>
    string? Zone { get; }

    /// <summary>The product's version.</summary>
    string Version { get; }

    /// <summary>When it started, UTC.</summary>
    DateTimeOffset StartedAt { get; }

    /// <summary>Its spool, or null if it has none.</summary>
    NodeSpool? Spool { get; }
}
