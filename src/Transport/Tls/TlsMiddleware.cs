using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Orleans.Runtime.Messaging;

namespace EcStreamOrleans.Transport.Tls;

/// <summary>Mutual TLS on one kind of connections: those that come in, or those that go out.</summary>
internal sealed class TlsMiddleware(bool isServer, TransportCredentials credentials, TransportSettings settings, TransportLog log, TimeProvider clock) : IConnectionMiddleware
{
    /// <inheritdoc/>
    public async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var transport = connection.Transport;
        var stream = new SslStream(new DuplexPipeStream(transport), leaveInnerStreamOpen: true);
        await using (stream)
        {
            if (await FindFaultAsync(stream, connection) is { } fault)
            {
                // Orleans ends the connection in either case; whoever opened it learns why.
                if (!isServer)
                {
                    throw new AuthenticationException($"{connection.RemoteEndPoint}: {fault}");
                }

                return;
            }

            var pipes = new BlockPipes(stream);
            connection.Transport = pipes;
            try
            {
                await next(connection);
            }
            finally
            {
                connection.Transport = transport;
                pipes.Complete();
            }
        }
    }

    private async Task<string?> FindFaultAsync(SslStream stream, ConnectionContext connection)
    {
        using var time = new CancellationTokenSource(settings.HandshakeTime, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(time.Token, connection.ConnectionClosed);
        var judge = new CertificateJudge(settings.Names);
        try
        {
            var set = credentials.Current;
            await (isServer ? stream.AuthenticateAsServerAsync(ServerOptions(set, judge), end.Token) : stream.AuthenticateAsClientAsync(ClientOptions(set, judge), end.Token));
            return null;
        }
        catch (Exception error) when (error is AuthenticationException or IOException or OperationCanceledException or InvalidOperationException)
        {
            var fault = judge.Fault
                ?? (time.IsCancellationRequested ? $"no TLS within Grid:Transport:HandshakeTime = {settings.HandshakeTime.TotalSeconds} s"
                    : error is OperationCanceledException ? "closed within the TLS handshake"
                    : $"no TLS: {error.GetBaseException().Message}");
            log.Refused(isServer ? "from" : "to", connection.RemoteEndPoint, fault, judge.Subject);
            return fault;
        }
    }

    // A resumed session brings no chain, and must not outlive an authority that is trusted no more: none is resumed.
    private SslServerAuthenticationOptions ServerOptions(CredentialSet set, CertificateJudge judge) => new()
    {
        ServerCertificateContext = set.Certificate,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ClientCertificateRequired = true,
        AllowRenegotiation = false,
        AllowTlsResume = false,
        CertificateChainPolicy = set.PolicyFor(CredentialSet.ClientUse, clock),
        RemoteCertificateValidationCallback = judge.Judge,
    };

    private SslClientAuthenticationOptions ClientOptions(CredentialSet set, CertificateJudge judge) => new()
    {
        // Nodes are called by address: whose certificate it is, the authorities and Grid:Transport:AllowedNames say.
        TargetHost = "",
        ClientCertificateContext = set.Certificate,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        AllowRenegotiation = false,
        AllowTlsResume = false,
        CertificateChainPolicy = set.PolicyFor(CredentialSet.ServerUse, clock),
        RemoteCertificateValidationCallback = judge.Judge,
    };
}
