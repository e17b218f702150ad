using System.Net;

namespace EcStreamOrleans.Protocol.Framing;

/// <summary>What a PROXY header says of a connection.</summary>
/// <param name="Source">
/// The client's address and port; <see langword="null"/> where the proxy speaks for itself (<c>LOCAL</c>, a health check) or does not know (<c>UNKNOWN</c>).
/// </param>
/// <param name="Destination">Where the client connected to; there if <paramref name="Source"/> is.</param>
/// <param name="PassedOn">What an edge that passes a session on says of its peer; <see langword="null"/> from any other proxy.</param>
public readonly record struct ProxyHeader(IPEndPoint? Source, IPEndPoint? Destination, PassedPeer? PassedOn);

/// <summary>How far the reading of a PROXY header has come.</summary>
public enum ProxyHeaderStatus
{
    /// <summary>It may become one; more octets are needed.</summary>
    NeedMore,

    /// <summary>It is whole.</summary>
    Complete,

    /// <summary>It is none.</summary>
    Malformed,
}
