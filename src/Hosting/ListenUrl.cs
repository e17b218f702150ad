using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EcStreamOrleans.Hosting;

/// <summary>Where an HTTP listener is: a scheme, an address, a port.</summary>
public static class ListenUrl
{
    /// <summary>Reads a URL that has these three and nothing else.</summary>
    /// <param name="text">The URL.</param>
    /// <param name="url">The URL read.</param>
    /// <returns>False if it is not of this form; a host's name would leave it to the resolver what is bound.</returns>
    public static bool TryParse(string text, out Uri url) =>
        Uri.TryCreate(text, UriKind.Absolute, out url!)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && url.PathAndQuery == "/"
        && (url.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 || url.IsLoopback);

    /// <summary>Has Kestrel listen there.</summary>
    /// <param name="kestrel">Kestrel.</param>
    /// <param name="url">Where.</param>
    /// <param name="configure">Sets up the listener.</param>
    public static void Listen(this KestrelServerOptions kestrel, Uri url, Action<ListenOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        ArgumentNullException.ThrowIfNull(url);
        if (IPAddress.TryParse(url.DnsSafeHost, out var address))
        {
            kestrel.Listen(address, url.Port, configure);
        }
        else
        {
            kestrel.ListenLocalhost(url.Port, configure);
        }
    }
}
