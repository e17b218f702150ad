using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EcStreamOrleans.Transport.Tls;

namespace EcStreamOrleans.Edge.Fallback;

/// <summary>The client's side of TLS to another datacentre's listener: both sides show a certificate.</summary>
internal sealed class FallbackTls
{
    private const string Section = "Grid:Fallback";

    private readonly CredentialSet _credentials;

    private FallbackTls(CredentialSet credentials) => _credentials = credentials;

    /// <summary>Reads the files.</summary>
    /// <param name="options">Which.</param>
    /// <param name="errors">Takes a sentence for everything that is wrong with them.</param>
    /// <returns>What they hold; null if anything is wrong.</returns>
    public static FallbackTls? TryLoad(FallbackOptions options, List<string> errors)
    {
        var chain = options.Certificate is null ? Miss("Certificate", "what the edge shows the listeners", errors)
            : Load("Certificate", options.Certificate, errors);
        var authorities = options.Authorities is null ? Miss("Authorities", "who may have issued the listeners' certificates", errors)
            : Load("Authorities", options.Authorities, errors);
        if (chain is null)
        {
            return null;
        }

        try
        {
            var certificate = X509Certificate2.CreateFromPemFile(options.Certificate!, options.CertificateKey ?? options.Certificate);

            // Offline: what is to be sent along stands in the file.
            return authorities is null ? null : new FallbackTls(new CredentialSet(SslStreamCertificateContext.Create(certificate, [.. chain.Skip(1)], offline: true), authorities));
        }
        catch (Exception error) when (IsOfAFile(error))
        {
            errors.Add($"{Section}:CertificateKey = {options.CertificateKey ?? options.Certificate}: {error.Message}");
            return null;
        }
    }

    /// <summary>What a connection to a listener is made with.</summary>
    public SslClientAuthenticationOptions For(FallbackListener listener, TimeProvider clock) => new()
    {
        TargetHost = listener.Host,
        ClientCertificateContext = _credentials.Certificate,
        CertificateChainPolicy = _credentials.PolicyFor(CredentialSet.ServerUse, clock),
    };

    private static X509Certificate2Collection? Miss(string setting, string what, List<string> errors)
    {
        errors.Add($"{Section}:{setting} is missing, {what}: TLS needs it.");
        return null;
    }

    private static X509Certificate2Collection? Load(string setting, string file, List<string> errors)
    {
        var certificates = new X509Certificate2Collection();
        string? fault = null;
        try
        {
            certificates.ImportFromPemFile(file);
            fault = certificates.Count == 0 ? "it holds no certificate in PEM form" : null;
        }
        catch (Exception error) when (IsOfAFile(error))
        {
            fault = error.Message;
        }

        if (fault is not null)
        {
            errors.Add($"{Section}:{setting} = {file}: {fault}");
        }

        return fault is null ? certificates : null;
    }

    private static bool IsOfAFile(Exception error) => error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException;
}
