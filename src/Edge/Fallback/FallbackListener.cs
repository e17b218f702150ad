using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace EcStreamOrleans.Edge.Fallback;

/// <summary>A listener of another datacentre.</summary>
/// <param name="Host">A name or an address, without brackets; its certificate must have it.</param>
/// <param name="Port">The port.</param>
internal sealed record FallbackListener(string Host, int Port)
{
    /// <summary>Whether it is on this machine.</summary>
    public bool IsLocal => IPAddress.TryParse(Host, out var address) ? IPAddress.IsLoopback(address) : string.Equals(Host, "localhost", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads <c>HOST:PORT</c> or <c>[v6]:PORT</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out FallbackListener? listener)
    {
        listener = null;
        var colon = text.LastIndexOf(':');
        if (colon < 1 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is 0 or > IPEndPoint.MaxPort)
        {
            return false;
        }

        var host = text[..colon];
        var isBracketed = host is ['[', _, .., ']'];
        host = isBracketed ? host[1..^1] : host;
        if (isBracketed == (Uri.CheckHostName(host) == UriHostNameType.IPv6) && Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6)
        {
            listener = new FallbackListener(host, port);
        }

        return listener is not null;
    }

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
