using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.AspNetCore.Connections;

namespace EcStreamOrleans.Edge;

/// <summary>
/// What comes before the conversation, where a Listen asks for it: TLS from the first octet. All of it has to be over within
/// <see cref="EdgeOptions.HandshakeTime"/>, and no more are at it at once than there may be sessions.
/// </summary>
internal sealed class ConnectionOpening(EdgeOptions options, TimeProvider clock)
{
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
        if (!await HasOctetAsync(connection.Transport.Input, cancellationToken))
        {
            return OpeningResult.Failed(OpeningFault.Probe, "closed without an octet");
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
