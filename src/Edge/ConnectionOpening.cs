using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Protocol.Framing;
using Microsoft.AspNetCore.Connections;

namespace EcStreamOrleans.Edge;

/// <summary>
/// What comes before the conversation, where a Listen asks for it: a PROXY header, then TLS. All of it has to be over within
/// <see cref="EdgeOptions.HandshakeTime"/>, and no more are at it at once than there may be sessions. A proxy that speaks for itself, to see
/// whether somebody listens, has no session before it says something.
/// </summary>
internal sealed class ConnectionOpening(EdgeOptions options, TimeProvider clock)
{
    private static readonly OpeningResult Probe = OpeningResult.Failed(OpeningFault.Probe, "closed without an octet");

    private readonly SessionSeats _seats = new(options.MaxSessions);

    public async Task<OpeningResult> OpenAsync(ConnectionContext context, ListenEndpointOptions listen, CancellationToken draining)
    {
        if (!_seats.TryTake(out var wouldBe))
        {
            return OpeningResult.Failed(OpeningFault.TooMany, $"too many connections in their handshake: {wouldBe} > {options.MaxSessions} (Grid:Limits:MaxSessions)");
        }

        using var time = new CancellationTokenSource(options.HandshakeTime, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(time.Token, draining);
        try
        {
            return await OpenAsync(new EdgeConnection(context, context.Transport, PeerId.From(context.RemoteEndPoint), listen, draining), end.Token);
        }
        catch (OperationCanceledException) when (draining.IsCancellationRequested)
        {
            return OpeningResult.Failed(OpeningFault.Drained, "the Listen closes");
        }
        catch (OperationCanceledException) when (time.IsCancellationRequested)
        {
            return OpeningResult.Failed(OpeningFault.HandshakeTime, $"not ready for a session within {options.HandshakeTime.TotalSeconds} s (Grid:Limits:HandshakeTime)");
        }
        catch (Exception error) when (error is AuthenticationException or IOException or ConnectionAbortedException)
        {
            return OpeningResult.Failed(OpeningFault.Tls, $"no TLS handshake: {error.GetBaseException().Message}");
        }
        finally
        {
            _seats.Leave();
        }
    }

    private async Task<OpeningResult> OpenAsync(EdgeConnection connection, CancellationToken cancellationToken)
    {
        var speaksForItself = false;
        if (connection.Listen.Proxy is { } proxy)
        {
            var (header, failure) = await ReadHeaderAsync(connection, proxy, cancellationToken);
            if (failure is { } failed)
            {
                return failed;
            }

            speaksForItself = header.Source is null;
            connection = header.Source is not { } source ? connection : connection with
            {
                Peer = PeerId.From(source),
                Proxy = connection.Peer,
                Source = source,
                Destination = header.Destination,
                PassedOn = header.PassedOn,
            };
        }

        var hasTls = connection.Listen.Tls is not null;
        if ((hasTls || speaksForItself) && !await HasOctetAsync(connection.Transport.Input, cancellationToken))
        {
            return Probe;
        }

        SslStream? stream = null;
        if (connection.Listen.Tls is { Credentials: { } credentials } tls)
        {
            var (opened, transport, session) = await new TlsHandshake(tls, credentials, clock).RunAsync(connection.Transport, cancellationToken);
            stream = opened;
            connection = connection with { Transport = transport, Tls = session };
        }

        return OpeningResult.Opened(connection, stream);
    }

    private static async Task<(ProxyHeader Header, OpeningResult? Failure)> ReadHeaderAsync(EdgeConnection connection, ListenProxyOptions proxy, CancellationToken cancellationToken)
    {
        if (!proxy.From.Find(connection.Peer).Any)
        {
            return (default, OpeningResult.Failed(OpeningFault.ProxyFrom, $"{connection.Peer.Key} may not send a PROXY header (Proxy_Protocol_From)"));
        }

        var input = connection.Transport.Input;
        while (true)
        {
            ReadResult result;
            try
            {
                result = await input.ReadAsync(cancellationToken);
            }
            catch (ConnectionResetException)
            {
                return (default, Probe);
            }

            var buffer = result.Buffer;
            var status = ProxyHeaderReader.Read(buffer, out var header, out var end, out var error);
            if (status == ProxyHeaderStatus.Complete)
            {
                input.AdvanceTo(end);
                return (header, header.Source is { } source && PeerId.From(source).IsLocal && !connection.Peer.IsLocal
                    ? OpeningResult.Failed(OpeningFault.ProxyHeader, $"the PROXY header names {source.Address}, which is on the proxy's machine and not on this one")
                    : null);
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (status == ProxyHeaderStatus.Malformed || result.IsCompleted)
            {
                return (default, buffer.IsEmpty ? Probe : OpeningResult.Failed(OpeningFault.ProxyHeader, $"bad PROXY header: {error ?? "the connection ended inside it"}"));
            }
        }
    }

    /// <summary>Waits for the first octet and leaves it where it is.</summary>
    /// <returns>False if the stream ends without one.</returns>
    private static async Task<bool> HasOctetAsync(PipeReader input, CancellationToken cancellationToken)
    {
        try
        {
            var result = await input.ReadAsync(cancellationToken);
            var hasOctet = !result.Buffer.IsEmpty;
            input.AdvanceTo(result.Buffer.Start);
            return hasOctet;
        }
        catch (ConnectionResetException)
        {
            return false;
        }
    }
}
