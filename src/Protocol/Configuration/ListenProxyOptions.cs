namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// PROXY protocol, version 1 or 2, on a Listen: every connection begins with a header that names the true client. An extension;
/// Momentum's ECStream listener has nothing like it.
/// </summary>
/// <param name="From">
/// Who may send the header, <c>Proxy_Protocol_From</c>; on a Unix socket the clients of which count as loopback. A connection from elsewhere is closed.
/// </param>
public sealed record ListenProxyOptions(PrefixTree<CidrBlock> From);
