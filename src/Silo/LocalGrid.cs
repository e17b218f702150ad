using EcStreamOrleans.Edge;

namespace EcStreamOrleans.Silo;

/// <summary>The way of a co-hosted edge to the grains: it is open while the silo has its part in the cluster.</summary>
internal sealed class LocalGrid(ISiloStatusOracle silo) : IGridAccess
{
    public string? Obstacle => silo.CurrentStatus is var status && status != SiloStatus.Active ? $"this silo is {status}" : null;
}
