using System.IO.Pipelines;
using System.Net;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Protocol.Framing;
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

    /// <summary>The client's address and port, or null if it has none: a Unix socket's.</summary>
    public IPEndPoint? Source { get; init; } = Context.RemoteEndPoint as IPEndPoint;

    /// <summary>Where it connected to; null likewise.</summary>
    public IPEndPoint? Destination { get; init; } = Context.LocalEndPoint as IPEndPoint;

    /// <summary>What the edge says of the client that has passed the session on, where one has.</summary>
    public PassedPeer? PassedOn { get; init; }

    /// <summary>What lies between client and session, as a log line has it.</summary>
    public string Over => $"{(Proxy is { } proxy ? $" through {proxy.Key}" : "")}{Tls}{PassedOn switch
    {
        null => "",
        { VerifiedSubject: { } subject } => $", passed on with the certificate of {subject}",
        _ => ", passed on",
    }}";

    /// <summary>Whom the client's certificate names, if it verifies: where the session was passed on, by what the edge there has found.</summary>
    public string? VerifiedSubject => PassedOn is { } passed ? passed.VerifiedSubject : Tls?.VerifiedSubject;

    /// <summary>Whether the client's certificate admits it.</summary>
    public bool IsAdmittedByTls => PassedOn?.IsAdmitted ?? (Listen.Tls is { VerifiedPeerIsAdmitted: true } && Tls?.VerifiedSubject is not null);

    /// <summary>Why the session is refused for want of a certificate, or null if it is not.</summary>
    public string? Refusal => Tls?.FindRefusal(Listen.Address, Listen.Tls!.VerifyMode);
}
