using System.Net;

namespace EcStreamOrleans.Protocol.Framing;

/// <summary>What a PROXY header says of a connection.</summary>
/// <param name="Source">
/// The client's address and port; <see langword="null"/> where the proxy speaks for itself (<c>LOCAL</c>, a health check) or does not know (<c>UNKNOWN</c>).
/// </param>
public readonly record struct ProxyHeader(IPEndPoint? Source);

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
