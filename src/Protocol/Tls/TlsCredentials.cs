using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tls;

/// <summary>
/// What the files of a <see cref="ListenTlsOptions"/> hold: certificate with intermediates and key, trusted issuers of clients, ciphers.
/// Immutable, and equal by content: a renewed certificate under the same path is another.
/// </summary>
public sealed class TlsCredentials : IEquatable<TlsCredentials>
{
    private readonly string _digest;

    private TlsCredentials(SslStreamCertificateContext certificate, X509Certificate2Collection? clientIssuers, CipherSuitesPolicy? ciphers, string digest)
    {
        Certificate = certificate;
        ClientIssuers = clientIssuers;
        Ciphers = ciphers;
        _digest = digest;
    }

    /// <summary>The certificate with what is sent along with it.</summary>
    public SslStreamCertificateContext Certificate { get; }

    /// <summary>Who may issue clients' certificates; <see langword="null"/> for the system's trusted issuers.</summary>
    public X509Certificate2Collection? ClientIssuers { get; }

    /// <summary>The cipher suites, or <see langword="null"/> for the system's choice.</summary>
    public CipherSuitesPolicy? Ciphers { get; }

    /// <summary>Reads the files. An expired certificate is no error: clients judge it.</summary>
    /// <param name="options">The files and the cipher list.</param>
    /// <param name="files">Where they are read from.</param>
    /// <param name="credentials">What they hold.</param>
    /// <param name="errors">Everything that is wrong, each at the place of its option.</param>
    public static bool TryLoad(
        ListenTlsOptions options, IConfigFiles files, [NotNullWhen(true)] out TlsCredentials? credentials, out IReadOnlyList<ConfigDiagnostic> errors)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(files);
        var loader = new Loader(files);
        credentials = loader.Load(options);
        errors = loader.Errors;
        return credentials is not null;
    }

    /// <inheritdoc/>
    public bool Equals(TlsCredentials? other) => other is not null && string.Equals(_digest, other._digest, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TlsCredentials);

    /// <inheritdoc/>
    public override int GetHashCode() => _digest.GetHashCode(StringComparison.Ordinal);

    private sealed class Loader(IConfigFiles files)
    {
        private readonly StringBuilder _read = new();

        public List<ConfigDiagnostic> Errors { get; } = [];

        public TlsCredentials? Load(ListenTlsOptions options)
        {
            var chain = LoadChain(options);
            var issuers = options.ClientCa is { } ca ? LoadIssuers(ca) : null;
            var ciphers = options.Ciphers is { } list ? LoadCiphers(list, options.CiphersLocation) : null;
            if (chain is null || Errors.Count > 0)
            {
                return null;
            }

            // Offline: no intermediates are fetched and no revocation is stapled; what is to be sent stands in the file.
            var context = SslStreamCertificateContext.Create(
                chain[0],
                [.. chain.Skip(1)],
                offline: true,
                issuers is not null && options.VerifyMode != TlsVerifyMode.None ? SslCertificateTrust.CreateForX509Collection(issuers, sendTrustInHandshake: true) : null);
            return new TlsCredentials(context, issuers, ciphers, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(_read.ToString()))));
        }

        private List<X509Certificate2>? LoadChain(ListenTlsOptions options)
        {
            if (Read(options.Certificate, out var error) is not { } pem || ParseCertificates(pem, out error) is not { Count: > 0 } certificates)
            {
                Fail(options.Certificate, "SSL bad or missing cert", error);
                return null;
            }

            var key = options.Key ?? options.Certificate;
            if ((options.Key is null ? pem : Read(key, out error)) is not { } keyPem)
            {
                Fail(key, "bad or missing key", error);
                return null;
            }

            try
            {
                return [X509Certificate2.CreateFromPem(pem, keyPem), .. certificates.Skip(1)];
            }
            catch (Exception fault) when (fault is CryptographicException or ArgumentException)
            {
                Fail(key, "bad or missing key", keyPem.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal) ? "the key is encrypted; store it without a passphrase" : fault.Message);
                return null;
            }
        }

        private X509Certificate2Collection? LoadIssuers(ConfigPath path)
        {
            if (Read(path, out var error) is { } pem && ParseCertificates(pem, out error) is { Count: > 0 } issuers)
            {
                return issuers;
            }

            Fail(path, "Failed loading verify locations from", error);
            return null;
        }

        private CipherSuitesPolicy? LoadCiphers(string list, SourceLocation location)
        {
            _read.Append(list).Append('\0');
            if (!OpenSslCiphers.TrySelect(list, out var suites, out var error))
            {
                Errors.Add(new ConfigDiagnostic(location, ConfigSeverity.Error, error, list));
                return null;
            }

            return OperatingSystem.IsWindows() ? null : new CipherSuitesPolicy(suites);
        }

        private static X509Certificate2Collection? ParseCertificates(string pem, out string? error)
        {
            var certificates = new X509Certificate2Collection();
            try
            {
                certificates.ImportFromPem(pem);
                error = certificates.Count == 0 ? "it holds no certificate in PEM form" : null;
                return certificates;
            }
            catch (CryptographicException fault)
            {
                error = fault.Message;
                return null;
            }
        }

        private string? Read(ConfigPath path, out string? error)
        {
            try
            {
                var text = files.ReadText(path.Path);
                _read.Append(text).Append('\0');
                error = null;
                return text;
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                error = fault.Message;
                return null;
            }
        }

        private void Fail(ConfigPath path, string words, string? error) =>
            Errors.Add(new ConfigDiagnostic(path.Location, ConfigSeverity.Error, $"{words} {path.Path}: {error}", path.Path));
    }
}
