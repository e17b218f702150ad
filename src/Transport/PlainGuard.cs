using System.Net;
using Microsoft.AspNetCore.Connections;
using Orleans.Runtime.Messaging;

namespace EcStreamOrleans.Transport;

/// <summary>Without TLS nothing passes but loopback, unless the settings say that something else protects the way.</summary>
internal sealed class PlainGuard(bool isServer, TransportSettings settings, TransportLog log) : IConnectionMiddleware
{
    private const string Reason = "it is not on loopback, and neither TLS nor Grid:Transport:AllowPlain is set";

    /// <inheritdoc/>
    public Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.RemoteEndPoint is not IPEndPoint remote || settings.MaySpeakTo(remote.Address))
        {
            return next(connection);
        }

        log.Refused(isServer ? "from" : "to", remote, Reason, "none");
        return isServer ? Task.CompletedTask : Task.FromException(new InvalidOperationException($"{remote}: {Reason}"));
    }
}
