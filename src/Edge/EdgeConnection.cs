using System.IO.Pipelines;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.AspNetCore.Connections;

namespace EcStreamOrleans.Edge;

/// <summary>A connection that is ready for its conversation.</summary>
/// <param name="Context">The socket's connection; to cut it off.</param>
/// <param name="Transport">Where packages come from and replies go to: the connection's own pipes, or those over TLS.</param>
/// <param name="Peer">Who is at its other end.</param>
/// <param name="Listen">The Listen that it came through, as it was then.</param>
/// <param name="Draining">Tells that the Listen goes.</param>
internal sealed record EdgeConnection(ConnectionContext Context, IDuplexPipe Transport, PeerId Peer, ListenEndpointOptions Listen, CancellationToken Draining)
{
    /// <summary>What the handshake came to, where there is TLS.</summary>
    public TlsSession? Tls { get; init; }

    /// <summary>Who brought the client, where a PROXY header names it.</summary>
    public PeerId? Proxy { get; init; }

    /// <summary>What lies between client and session, as a log line has it.</summary>
    public string Over => $"{(Proxy is { } proxy ? $" through {proxy.Key}" : "")}{Tls}";

    /// <summary>Whether the client's certificate admits it.</summary>
    public bool IsAdmittedByTls => Listen.Tls is { VerifiedPeerIsAdmitted: true } && Tls?.VerifiedSubject is not null;
}
