using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// Reads the address of a Listen: <c>:port</c> and <c>*:port</c> for every IPv4 address, <c>[*]:port</c> and
/// <c>[::]:port</c> for every IPv6 address, <c>a.b.c.d:port</c>, <c>[v6]:port</c>, and the absolute path of a Unix socket.
/// </summary>
internal static class ListenAddress
{
    private const string Forms = "expected \":port\", \"*:port\", \"a.b.c.d:port\", \"[*]:port\", \"[v6]:port\" or the absolute path of a Unix socket";

    /// <summary>What a socket address holds, less the octet that ends it (sys/un.h).</summary>
    private const int MaxPathBytes = 107;

    public static bool TryParse(
        string text, [NotNullWhen(true)] out ListenTarget? target, [NotNullWhen(false)] out string? error)
    {
        target = null;
        if (text.Contains('/', StringComparison.Ordinal))
        {
            error = FindPathError(text);
            target = error is null ? new ListenTarget(null, Path.GetFullPath(text)) : null;
            return error is null;
        }

        IPAddress? address = null;
        var portText = "";
        error = Split(text, out var host, out portText)
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

        target = new ListenTarget(new IPEndPoint(address!, port), null);
        return true;
    }

    private static string? FindPathError(string text)
    {
        if (!text.StartsWith('/'))
        {
            return Unparsable(text, Forms);
        }

        if (text.EndsWith('/') || text.Contains('\0', StringComparison.Ordinal))
        {
            return Unparsable(text, "the path of a Unix socket names a file");
        }

        var bytes = System.Text.Encoding.UTF8.GetByteCount(text);
        return bytes > MaxPathBytes ? Unparsable(text, $"the path of a Unix socket has at most {MaxPathBytes} bytes, this one has {bytes}") : null;
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

/// <summary>Where a Listen listens: one of the two.</summary>
/// <param name="EndPoint">An address and a port.</param>
/// <param name="Path">The path of a Unix socket.</param>
internal sealed record ListenTarget(IPEndPoint? EndPoint, string? Path)
{
    /// <summary>The address in its one spelling.</summary>
    public string Text => Path ?? EndPoint!.ToString();

    /// <summary>Port 0 is another port each time; everything else can be bound once.</summary>
    public bool IsUnique => EndPoint is not { Port: 0 };
}
