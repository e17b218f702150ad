using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>The parts that a Listen address and a gateway are made of.</summary>
internal static class ConfigAddress
{
    private const int MaxHostName = 253;
    private const int MaxLabel = 63;

    /// <summary>A port in decimal digits; 0 passes here, and a leading zero does not.</summary>
    public static bool TryParsePort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port)
        && port <= IPEndPoint.MaxPort
        && (text.Length == 1 || text[0] != '0');

    /// <summary>Four decimal numbers. The system's parser would also take octal ones and missing parts.</summary>
    public static bool TryParseIPv4(string text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        var parts = text.Split('.');
        return parts.Length == 4
            && parts.All(p => p.Length is > 0 and <= 3 && p.All(char.IsAsciiDigit) && (p.Length == 1 || p[0] != '0'))
            && IPAddress.TryParse(text, out address);
    }

    /// <summary>An IPv6 address without brackets and zone; one that stands for an IPv4 address becomes that.</summary>
    public static bool TryParseIPv6(string text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (!text.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.')
            || !IPAddress.TryParse(text, out var parsed)
            || parsed.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return false;
        }

        address = parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed;
        return true;
    }

    /// <summary>A host name of letters, digits, hyphens and underscores; one whose last label is a number is a broken address.</summary>
    public static bool IsHostName(string text)
    {
        var labels = text.TrimEnd('.').Split('.');
        return text.Length <= MaxHostName
            && !text.EndsWith("..", StringComparison.Ordinal)
            && labels.All(IsLabel)
            && !labels[^1].All(char.IsAsciiDigit);
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= MaxLabel
        && label[0] != '-'
        && label[^1] != '-'
        && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
