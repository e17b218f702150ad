using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Protocol.Tls;
using EcStreamOrleans.Transport;
using EcStreamOrleans.Transport.Tls;

namespace EcStreamOrleans.Edge;

/// <summary>
/// The server's side of one connection's TLS. The handshake completes whatever the client's certificate is worth: what follows from it is for
/// the session to say, in words that reach the client.
/// </summary>
internal sealed class TlsHandshake(ListenTlsOptions options, TlsCredentials credentials, TimeProvider clock)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    // A record of TLS is 16 KiB: one read takes all of it, and a batch is not cut into pieces. Idle connections hold no buffer at all.
    private static readonly StreamPipeReaderOptions ReaderOptions = new(bufferSize: 32_768, minimumReadSize: 4_096, leaveOpen: true, useZeroByteReads: true);
    private static readonly StreamPipeWriterOptions WriterOptions = new(minimumBufferSize: 4_096, leaveOpen: true);

    private byte[]? _seen;
    private string? _subject;
    private string? _issuer;
    private string? _fault;

    /// <summary>Shakes hands.</summary>
    /// <returns>The stream, the pipes over it, and what was agreed.</returns>
    public async Task<(SslStream Stream, IDuplexPipe Transport, TlsSession Session)> RunAsync(IDuplexPipe transport, CancellationToken cancellationToken)
    {
        var stream = new SslStream(new DuplexPipeStream(transport), leaveInnerStreamOpen: true);
        try
        {
            await stream.AuthenticateAsServerAsync(CreateOptions(), cancellationToken);
            return (
                stream,
                new Pipes(PipeReader.Create(stream, ReaderOptions), PipeWriter.Create(stream, WriterOptions)),
                new TlsSession(stream.SslProtocol, stream.NegotiatedCipherSuite, _subject, _issuer, _fault));
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private SslServerAuthenticationOptions CreateOptions() => new()
    {
        ServerCertificateContext = credentials.Certificate,
        EnabledSslProtocols = options.Protocols,
        CipherSuitesPolicy = credentials.Ciphers,
        AllowRenegotiation = options.AllowRenegotiation,

        // A resumed session brings the certificate without its intermediates: it could not be verified again.
        AllowTlsResume = options.VerifyMode == TlsVerifyMode.None,
        ClientCertificateRequired = options.VerifyMode != TlsVerifyMode.None,
        CertificateChainPolicy = CreatePolicy(),
        RemoteCertificateValidationCallback = Judge,
    };

    private X509ChainPolicy CreatePolicy()
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = clock.GetUtcNow().UtcDateTime,
            ApplicationPolicy = { new Oid(ClientAuthentication) },
        };
        if (credentials.ClientIssuers is { } issuers)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(issuers);
        }

        return policy;
    }

    private bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (_seen is not null)
        {
            // Renegotiated: who the client is was settled, and stays.
            return certificate is not null && _seen.AsSpan().SequenceEqual(certificate.GetRawCertData());
        }

        if (certificate is null)
        {
            return true;
        }

        _seen = certificate.GetRawCertData();
        _subject = CertificateJudge.Printable(certificate.Subject);
        _issuer = CertificateJudge.Printable(certificate.Issuer);
        _fault = errors switch
        {
            SslPolicyErrors.None => null,
            _ when chain is { ChainStatus.Length: > 0 } => string.Join("; ", chain.ChainStatus.Select(status => $"{status.Status} ({status.StatusInformation.Trim()})")),
            _ => errors.ToString(),
        };
        return true;
    }

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
