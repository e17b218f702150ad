using System.Diagnostics.CodeAnalysis;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// Reads the host of an ECSTREAM gateway: a host name, an IPv4 address or an IPv6 address in brackets, each with or
/// without a port.
/// </summary>
internal static class GatewayAddress
{
    private const string Forms = "expected a host name, \"a.b.c.d\" or \"[v6]\", with or without \":port\"";

    /// <param name="text">The value of <c>Gateway</c>.</param>
    /// <param name="host">The host, an IPv6 address without its brackets.</param>
    /// <param name="port">The port, or <see langword="null"/> if the text has none.</param>
    /// <param name="error">What is wrong with the text.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out string? host, out int? port, [NotNullWhen(false)] out string? error)
    {
        (host, port) = (null, null);
        if (ConfigAddress.TryParseIPv6(text, out _))
        {
            error = $"Gateway: put IPv6 in brackets, as in \"[{text}]\"";
            return false;
        }

        var colon = text.LastIndexOf(':') is var last && last > text.LastIndexOf(']') ? last : -1;
        var hostText = colon < 0 ? text : text[..colon];
        if (ParseHost(hostText) is not { } parsed)
        {
            error = $"Gateway: '{Token.Shorten(text)}' names no host; {Forms}";
            return false;
        }

        if (colon >= 0)
        {
            if (!ConfigAddress.TryParsePort(text[(colon + 1)..], out var number) || number == 0)
            {
                error = $"Gateway: invalid port '{Token.Shorten(text[(colon + 1)..])}'; expected a number from 1 to 65535";
                return false;
            }

            port = number;
        }

        (host, error) = (parsed, null);
        return true;
    }

    private static string? ParseHost(string text)
    {
        if (text is ['[', .., ']'])
        {
            return ConfigAddress.TryParseIPv6(text[1..^1], out var address) ? address.ToString() : null;
        }

        return ConfigAddress.TryParseIPv4(text, out _) || ConfigAddress.IsHostName(text) ? text : null;
    }
}
