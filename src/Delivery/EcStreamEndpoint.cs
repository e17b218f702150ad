using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EcStreamOrleans.Delivery;

/// <summary>Where an ECStream server listens: <c>HOST:PORT</c>, <c>[v6]:PORT</c> or <c>unix:PATH</c>.</summary>
public sealed record EcStreamEndpoint
{
    private const string UnixPrefix = "unix:";

    // sockaddr_un holds 108 octets with the final NUL; a longer path would fail only when the socket is made.
    private const int MaxUnixPathBytes = 107;

    private EcStreamEndpoint(string host, int port, string? path)
    {
        Host = host;
        Port = port;
        Path = path;
    }

    /// <summary>The host name or address, without brackets; empty for a Unix socket.</summary>
    public string Host { get; }

    /// <summary>The TCP port; 0 for a Unix socket, or to let the system choose one to listen on.</summary>
    public int Port { get; }

    /// <summary>The Unix socket's path, or null.</summary>
    public string? Path { get; }

    /// <summary>Whether it can only be this machine: a Unix socket, a loopback address or the name <c>localhost</c>.</summary>
    public bool IsLocal =>
        Path is not null
        || (IPAddress.TryParse(Host, out var address) ? IPAddress.IsLoopback(address) : string.Equals(Host, "localhost", StringComparison.OrdinalIgnoreCase));

    /// <summary>The end point of a host and a port that are known apart: nothing of the host is taken for a form of the text.</summary>
    /// <param name="host">The host name or address, without brackets.</param>
    /// <param name="port">The port.</param>
    public static EcStreamEndpoint Tcp(string host, int port) => new(host, port, path: null);

    /// <summary>Reads an end point as a person writes it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="endpoint">The end point.</param>
    /// <param name="error">What is wrong, in words for a person.</param>
    /// <returns>Whether it is an end point.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out EcStreamEndpoint? endpoint, [NotNullWhen(false)] out string? error)
    {
        endpoint = null;
        error = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            error = "an end point is HOST:PORT, [v6]:PORT or unix:PATH";
            return false;
        }

        if (text.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            var path = text[UnixPrefix.Length..];
            var bytes = System.Text.Encoding.UTF8.GetByteCount(path);
            if (bytes is 0 or > MaxUnixPathBytes || path.Contains('\0', StringComparison.Ordinal))
            {
                error = $"'{text}': a Unix socket's path has 1 to {MaxUnixPathBytes} bytes";
                return false;
            }

            endpoint = new EcStreamEndpoint(string.Empty, 0, path);
            return true;
        }

        var colon = text.LastIndexOf(':');
        if (colon <= 0
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port > IPEndPoint.MaxPort)
        {
            error = $"'{text}' has no port: an end point is HOST:PORT, [v6]:PORT or unix:PATH";
            return false;
        }

        var host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            host = host[1..^1];
            if (!IPAddress.TryParse(host, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
            {
                error = $"'{text}': no IPv6 address between the brackets";
                return false;
            }
        }
        else if (host.Contains(':', StringComparison.Ordinal))
        {
            error = $"'{text}': an IPv6 address stands in brackets, as in [::1]:1825";
            return false;
        }
        else if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            error = $"'{text}': '{host}' is neither an address nor a host name";
            return false;
        }

        endpoint = new EcStreamEndpoint(host, port, null);
        return true;
    }

    /// <summary>The end point as <see cref="TryParse"/> reads it.</summary>
    public override string ToString() =>
        Path is not null ? UnixPrefix + Path : Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
