using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EcStreamOrleans.Edge;

/// <summary>The sockets of an edge: what was asked for and what was bound.</summary>
public sealed class EdgeListeners
{
    private readonly List<(string Address, ListenOptions Endpoint)> _listens = [];

    /// <summary>Every Listen as the configuration writes it, with the end point that it asked for, or got once it is bound.</summary>
    public IEnumerable<(string Address, string? EndPoint)> All => _listens.Select(l => (l.Address, l.Endpoint.IPEndPoint?.ToString()));

    internal void Add(string address, ListenOptions endpoint) => _listens.Add((address, endpoint));
}
