using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol;

/// <summary>
/// The injecting peer: the address a connection comes from, or <c>unix</c> for a client of a Unix socket. One peer, one
/// spelling: IPv4-mapped IPv6 becomes IPv4, IPv6 is written as RFC 5952 says and has no zone.
/// </summary>
public readonly record struct PeerId
{
    private const string UnixKey = "unix";

    private readonly string? _key;
    private readonly IPAddress? _address;

    private PeerId(string key, IPAddress? address) => (_key, _address) = (key, address);

    /// <summary>The peer of every client that comes through a Unix socket.</summary>
    public static PeerId Unix { get; } = new(UnixKey, address: null);

    /// <summary>The key of the peer's grain, and the way logs and the console name the peer.</summary>
    public string Key => _key ?? throw new InvalidOperationException("A default PeerId names no peer.");

    /// <summary>The peer's address as a block of one, or <see langword="null"/> for <see cref="Unix"/>.</summary>
    internal CidrBlock? Block => Key == UnixKey ? null : CidrBlock.Of(_address!);

    /// <summary>Whether it is a client on this machine: of a Unix socket, or from a loopback address.</summary>
    public bool IsLocal => _key is not null && (_address is null || IPAddress.IsLoopback(_address));

    /// <summary>The peer that connects from <paramref name="address"/>.</summary>
    /// <param name="address">An IPv4 or IPv6 address; a zone id is dropped.</param>
    public static PeerId From(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        if (address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0)
        {
            address = new IPAddress(address.GetAddressBytes());
        }

        return new PeerId(address.ToString(), address);
    }

    /// <summary>The peer of a socket's remote end point.</summary>
    /// <param name="remote">An IP end point; anything else (a Unix socket's, or none) is the peer <see cref="Unix"/>.</param>
    public static PeerId From(EndPoint? remote) => remote is IPEndPoint ip ? From(ip.Address) : Unix;

    /// <summary>Reads a peer as a person or a grain key spells it.</summary>
    /// <param name="text">An address in any spelling, with or without brackets, or <c>unix</c>.</param>
    /// <param name="peer">The peer.</param>
    /// <returns><see langword="false"/> if the text is neither.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out PeerId peer)
    {
        peer = default;
        if (string.Equals(text, UnixKey, StringComparison.Ordinal))
        {
            peer = Unix;
            return true;
        }

        if (text is null || !IPAddress.TryParse(text.Trim('[', ']'), out var address) || !IsFullForm(text, address))
        {
            return false;
        }

        peer = From(address);
        return true;
    }

    /// <summary>Whether both are the same peer.</summary>
    /// <param name="other">The other peer.</param>
    public bool Equals(PeerId other) => string.Equals(_key, other._key, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => _key is null ? 0 : string.GetHashCode(_key, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => _key ?? "(none)";

    // IPAddress reads "1" and "10.1" as addresses, as inet_aton did; a person who writes that has made a mistake.
    private static bool IsFullForm(string text, IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 || text.Count(c => c == '.') == 3;
}
