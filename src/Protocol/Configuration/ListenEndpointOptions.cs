using System.Net;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>One <c>Listen</c>: a socket to accept clients on, and what applies to those who come through it.</summary>
/// <param name="Address">The address as the file writes it, which is also the name of the scope.</param>
/// <param name="EndPoint">
/// The same as an end point; <see langword="null"/> for a Unix socket. An IPv6 wildcard stands for IPv6 alone, so that it can be bound beside the IPv4 one; port 0
/// leaves the choice to the system.
/// </param>
/// <param name="Level">What the scope itself sets, before fallback.</param>
/// <param name="IdleTime">How long a client may be silent for whom no Peer scope says otherwise. Default: 300 s.</param>
/// <param name="MaxBatchSize">How many messages a batch may hold where no Peer scope says otherwise. Default: 10000.</param>
public sealed record ListenEndpointOptions(
    string Address,
    IPEndPoint? EndPoint,
    PolicyLevel Level,
    Effective<TimeSpan> IdleTime,
    Effective<int> MaxBatchSize)
{
    /// <summary>The path of a Unix socket; <see langword="null"/> for TCP.</summary>
    public string? Path { get; init; }

    /// <summary>The address in its one spelling, by which overrides name it.</summary>
    internal string Key => Path ?? EndPoint!.ToString();

    /// <summary>How the socket is made.</summary>
    public ListenSocketOptions Socket { get; init; } = ListenSocketOptions.Default;

    /// <summary>How connections are accepted.</summary>
    public ListenAcceptOptions Accept { get; init; } = ListenAcceptOptions.Default;

    /// <summary>TLS from the first octet, or <see langword="null"/> for none.</summary>
    public ListenTlsOptions? Tls { get; init; }

    /// <summary>PROXY protocol, or <see langword="null"/> for none.</summary>
    public ListenProxyOptions? Proxy { get; init; }

    /// <summary>The Peer scopes of this Listen.</summary>
    public PrefixTree<PolicyLevel> Peers { get; init; } = new();

    /// <summary>The pathway that applies: this Listen's, else that of <c>ECStream_Listener</c>; <see langword="null"/> for the default one.</summary>
    public PathwayOptions? Pathway { get; init; }
}
