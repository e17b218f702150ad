using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// Reads the address of a Listen: <c>:port</c> and <c>*:port</c> for every IPv4 address, <c>[*]:port</c> and
/// <c>[::]:port</c> for every IPv6 address, <c>a.b.c.d:port</c>, <c>[v6]:port</c>.
/// </summary>
internal static class ListenAddress
{
    private const string Forms = "expected \":port\", \"*:port\", \"a.b.c.d:port\", \"[*]:port\" or \"[v6]:port\"";

    public static bool TryParse(
        string text, [NotNullWhen(true)] out IPEndPoint? endPoint, [NotNullWhen(false)] out string? error)
    {
        endPoint = null;
        IPAddress? address = null;
        var portText = "";
        error = FindPathError(text)
            ?? Split(text, out var host, out portText)
            ?? ParseAddress(text, host, out address);
        if (error is not null)
        {
            return false;
        }

        if (!ConfigAddress.TryParsePort(portText, out var port))
        {
            error = $"invalid port: ECStream_Listener {text} {portText}; expected a number from 1 to 65535 (0 lets the system choose)";
            return false;
        }

        endPoint = new IPEndPoint(address!, port);
        return true;
    }

    private static string? FindPathError(string text)
    {
        if (text.StartsWith('/'))
        {
            return $"unable to parse ECStream_Listener {text}: Unix sockets are not supported by this version; write an IP address and a port";
        }

        return text.Contains('/', StringComparison.Ordinal) ? Unparsable(text, Forms) : null;
    }

    private static string? Split(string text, out string host, out string port)
    {
        var close = text.LastIndexOf(']');
        var colon = text.LastIndexOf(':');
        (host, port) = colon > close ? (text[..colon], text[(colon + 1)..]) : (text, "");
        if (close < 0 && ConfigAddress.TryParseIPv6(text, out _))
        {
            return Unparsable(text, $"put IPv6 in brackets, as in \"[{text}]:1825\"");
        }

        if (close < 0 && host.Contains(':', StringComparison.Ordinal))
        {
            return Unparsable(text, "put IPv6 in brackets, as in \"[::1]:1825\"");
        }

        if (colon <= close || port.Length == 0)
        {
            return Unparsable(text, $"the port is missing; {Forms}");
        }

        return null;
    }

    private static string? ParseAddress(string text, string host, out IPAddress? address)
    {
        address = host switch
        {
            "" or "*" => IPAddress.Any,
            "[*]" => IPAddress.IPv6Any,
            _ => null,
        };
        if (address is not null || ConfigAddress.TryParseIPv4(host, out address))
        {
            return null;
        }

        if (host is not ['[', .., ']'])
        {
            return Unparsable(
                text, ConfigAddress.IsHostName(host) ? "host names are not accepted; write an IP address" : $"'{host}' is not an IP address; {Forms}");
        }

        var inner = host[1..^1];
        if (inner.Length == 0)
        {
            return $"invalid use of ipany: ECStream_Listener {text}; every IPv6 address is \"[*]\"";
        }

        if (inner.Contains('%', StringComparison.Ordinal))
        {
            return Unparsable(text, "an address with a zone is not accepted");
        }

        if (ConfigAddress.TryParseIPv4(inner, out _))
        {
            return Unparsable(text, "brackets are for IPv6; write an IPv4 address without them");
        }

        return ConfigAddress.TryParseIPv6(inner, out address) ? null : Unparsable(text, $"'{inner}' is not an IPv6 address");
    }

    private static string Unparsable(string text, string reason) => $"unable to parse ECStream_Listener {text}: {reason}";
}
