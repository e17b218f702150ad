using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>What a configuration file makes take effect: one immutable snapshot, compared by what it says.</summary>
/// <param name="Listens">The sockets, at least one, in the order of the file.</param>
/// <param name="Gateway">The next hop, or <see langword="null"/>: then accepted messages are held.</param>
/// <param name="Listener">What the scope <c>ECStream_Listener</c> itself sets.</param>
/// <param name="Global">What the global scope sets.</param>
public sealed record GridConfiguration(
    ImmutableArray<ListenEndpointOptions> Listens, GatewayOptions? Gateway, PolicyLevel Listener, PolicyLevel Global)
{
    /// <summary>The Peer scopes of <c>ECStream_Listener</c>, which hold for every Listen.</summary>
    public PrefixTree<PolicyLevel> Peers { get; init; } = new();

    /// <summary>The pathway of <c>ECStream_Listener</c>, or <see langword="null"/> for the default one.</summary>
    public PathwayOptions? Pathway { get; init; }

    /// <summary>The Listen of an address in any spelling, or <see langword="null"/> if there is none.</summary>
    /// <param name="address">An address as a file might write it.</param>
    public ListenEndpointOptions? FindListen(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        foreach (var listen in Listens)
        {
            if (string.Equals(listen.Address, address, StringComparison.Ordinal))
            {
                return listen;
            }
        }

        return FindOtherSpelling(address);
    }

    /// <inheritdoc/>
    public bool Equals(GridConfiguration? other) =>
        other is not null
        && Listens.SequenceEqual(other.Listens)
        && Gateway == other.Gateway
        && Listener == other.Listener
        && Global == other.Global
        && Peers.Equals(other.Peers)
        && Pathway == other.Pathway;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Listens.Length, Listens.FirstOrDefault(), Gateway, Listener, Global, Peers, Pathway);

    private ListenEndpointOptions? FindOtherSpelling(string address) =>
        ListenAddress.TryParse(address, out var target, out _)
            ? Listens.FirstOrDefault(l => new ListenTarget(l.EndPoint, l.Path) == target)
            : null;
}
