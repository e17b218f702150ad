using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EcStreamOrleans.Transport.Tls;

namespace EcStreamOrleans.Transport;

/// <summary>
/// What the files of <see cref="TransportSettings"/> hold, and again whenever they have changed. Connections take what holds when they begin; open
/// ones are left alone.
/// </summary>
public sealed class TransportCredentials
{
    private readonly TransportSettings _settings;
    private readonly Lock _reading = new();
    private volatile CredentialSet _current;
    private string _seen;

    private TransportCredentials(TransportSettings settings, CredentialSet current, string seen)
    {
        _settings = settings;
        _current = current;
        _seen = seen;
    }

    internal CredentialSet Current => _current;

    /// <summary>Reads the files.</summary>
    /// <param name="settings">Which: those of settings that use TLS.</param>
    /// <exception cref="TransportCredentialsException">Something is wrong with them; it names everything.</exception>
    public static TransportCredentials Read(TransportSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var files = PemFiles.Read(settings);
        var errors = new List<string>();
        return files.Parse(errors) is { } set ? new TransportCredentials(settings, set, files.Digest) : throw new TransportCredentialsException(errors);
    }

    /// <summary>Reads the files again. If anything is wrong with them, what held before goes on to hold.</summary>
    /// <returns>What is wrong; nothing if the files hold from now on.</returns>
    public IReadOnlyList<string> Reload() => Reload(onlyIfChanged: false) ?? [];

    /// <summary>The same, if they are not as they were when last looked at.</summary>
    /// <returns><see langword="null"/> if they are.</returns>
    internal IReadOnlyList<string>? ReloadChanged() => Reload(onlyIfChanged: true);

    private List<string>? Reload(bool onlyIfChanged)
    {
        lock (_reading)
        {
            // By content, not by time of change: what Kubernetes mounts are links whose own times never change.
            var files = PemFiles.Read(_settings);
            if (onlyIfChanged && files.Digest == _seen)
            {
                return null;
            }

            var errors = new List<string>();
            _seen = files.Digest;
            _current = files.Parse(errors) ?? _current;
            return errors;
        }
    }

    /// <summary>The texts of the three files, or why one could not be read.</summary>
    private sealed class PemFiles(PemFile certificate, PemFile key, PemFile authorities)
    {
        public string Digest { get; } = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(
            string.Join('\0', new[] { certificate, key, authorities }.Select(file => file.Text ?? '\u0001' + file.Error)))));

        public static PemFiles Read(TransportSettings settings) => new(
            PemFile.Read(nameof(settings.Certificate), settings.Certificate!),
            PemFile.Read(nameof(settings.CertificateKey), settings.CertificateKey!),
            PemFile.Read(nameof(settings.Authorities), settings.Authorities!));

        public CredentialSet? Parse(List<string> errors)
        {
            var chain = certificate.Certificates(errors);
            var roots = authorities.Certificates(errors);
            var own = Own(chain, errors);
            if (own is null || chain is null || roots is null)
            {
                return null;
            }

            // Offline: nothing is fetched; what is to be sent along stands in the file.
            return new CredentialSet(SslStreamCertificateContext.Create(own, [.. chain.Skip(1)], offline: true), roots);
        }

        private X509Certificate2? Own(X509Certificate2Collection? chain, List<string> errors)
        {
            if (key.Text is null)
            {
                errors.Add(key.Says(key.Error));
                return null;
            }

            try
            {
                return chain is null ? null : X509Certificate2.CreateFromPem(certificate.Text, key.Text);
            }
            catch (Exception fault) when (fault is CryptographicException or ArgumentException)
            {
                errors.Add(key.Says(key.Text.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal)
                    ? "the key is encrypted; store it without a passphrase"
                    : $"is not the key of {certificate.Path}: {fault.Message}"));
                return null;
            }
        }
    }

    private sealed record PemFile(string Name, string Path, string? Text, string? Error)
    {
        public static PemFile Read(string name, string path)
        {
            try
            {
                return new PemFile(name, path, File.ReadAllText(path), null);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
            {
                return new PemFile(name, path, null, fault.Message);
            }
        }

        public string Says(string? error) => $"Grid:Transport:{Name} = {Path}: {error}";

        public X509Certificate2Collection? Certificates(List<string> errors)
        {
            var certificates = new X509Certificate2Collection();
            var error = Error;
            try
            {
                certificates.ImportFromPem(Text);
                error ??= certificates.Count == 0 ? "holds no certificate in PEM form" : null;
            }
            catch (CryptographicException fault)
            {
                error = fault.Message;
            }

            if (error is null)
            {
                return certificates;
            }

            errors.Add(Says(error));
            return null;
        }
    }
}
