using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Protocol.Tls;

namespace EcStreamOrleans.Protocol.Tests.Tls;

public sealed class TlsCredentialsTests : IDisposable
{
    private static readonly DateTimeOffset LongAgo = new(2001, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _directory = Directory.CreateTempSubdirectory("ecstream-tls-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void CertificateAndKey_InOneFileOrTwo_AreTheSame()
    {
        var (certificate, key) = Certificate("one");
        var together = Load(Write("both.pem", certificate + "\n" + key));
        var apart = Load(Write("cert.pem", certificate), Write("key.pem", key));

        Assert.Empty(together.Errors);
        Assert.Empty(apart.Errors);
        Assert.Equal("CN=one", together.Credentials!.Certificate.TargetCertificate.Subject);
        Assert.Equal("CN=one", apart.Credentials!.Certificate.TargetCertificate.Subject);
    }

    [Fact]
    public void Credentials_AreEqualByContent()
    {
        var (certificate, key) = Certificate("one");
        var file = Write("both.pem", certificate + "\n" + key);
        var first = Load(file).Credentials;
        Assert.Equal(first, Load(file).Credentials);

        var (other, otherKey) = Certificate("one");
        Write("both.pem", other + "\n" + otherKey);

        Assert.NotEqual(first, Load(file).Credentials);
    }

    [Fact]
    public void AnExpiredCertificate_IsNoError() => Assert.Empty(Load(Write("old.pem", Joined(Certificate("old", LongAgo)))).Errors);

    [Fact]
    public void EveryFault_IsSaidAtOnce_AtItsPlace_InMomentumsWords()
    {
        var (certificate, _) = Certificate("one");
        var (_, stranger) = Certificate("two");
        var garbage = Write("garbage.pem", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
        var cert = Write("cert.pem", certificate);
        var empty = Write("empty.pem", "");
        var missing = Path.Combine(_directory, "missing.pem");

        Says(Load(missing), 1, $"SSL bad or missing cert {missing}: ");
        Says(Load(garbage), 1, $"SSL bad or missing cert {garbage}: ");
        Says(Load(empty), 1, $"SSL bad or missing cert {empty}: it holds no certificate in PEM form");
        Says(Load(cert), 1, $"bad or missing key {cert}: ");
        Says(Load(cert, missing), 2, $"bad or missing key {missing}: ");
        Says(Load(cert, empty), 2, $"bad or missing key {empty}: ");
        Says(Load(cert, Write("other.pem", stranger)), 2, $"bad or missing key {Path.Combine(_directory, "other.pem")}: ");
        Says(Load(cert, Write("locked.pem", Encrypted())), 2, "the key is encrypted; store it without a passphrase");
        Says(Load(Write("ok.pem", Joined(Certificate("ok"))), ca: missing), 3, $"Failed loading verify locations from {missing}: ");
        Says(Load(Write("ok.pem", Joined(Certificate("ok"))), ca: empty), 3, $"Failed loading verify locations from {empty}: ");
        Assert.Equal([1, 3, 4], Load(missing, ca: missing, ciphers: "nothing-like-it").Errors.Select(e => e.Location.Line));
    }

    [Theory]
    [InlineData("ECDHE-RSA-AES128-GCM-SHA256", TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)]
    [InlineData("HIGH:!aNULL:!AES128", TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)]
    [InlineData("DEFAULT", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_DH_anon_WITH_AES_128_CBC_SHA)]
    public void ACipherList_SelectsWhatOpenSslSays_AndTls13Always(string list, TlsCipherSuite chosen, TlsCipherSuite other)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var suites = Load(Write("ok.pem", Joined(Certificate("ok"))), ciphers: list).Credentials!.Ciphers!.AllowedCipherSuites.ToList();

        Assert.Contains(chosen, suites);
        Assert.DoesNotContain(other, suites);
        Assert.Contains(TlsCipherSuite.TLS_AES_256_GCM_SHA384, suites);
    }

    [Fact]
    public void ACipherList_ThatSelectsNothing_IsAnError() =>
        Says(Load(Write("ok.pem", Joined(Certificate("ok"))), ciphers: "NOTHING:!ALL"), 4, "'NOTHING:!ALL' selects no cipher; expected a list in OpenSSL's form");

    private static void Says((TlsCredentials? Credentials, IReadOnlyList<ConfigDiagnostic> Errors) loaded, int line, string words)
    {
        Assert.Null(loaded.Credentials);
        var error = Assert.Single(loaded.Errors);
        Assert.Equal(line, error.Location.Line);
        Assert.Contains(words, error.Message);
    }

    private static (TlsCredentials? Credentials, IReadOnlyList<ConfigDiagnostic> Errors) Load(string certificate, string? key = null, string? ca = null, string? ciphers = null)
    {
        static ConfigPath? At(string? path, int line) => path is null ? null : new ConfigPath(path, new SourceLocation("test.conf", line, 1));
        var options = new ListenTlsOptions(
            At(certificate, 1)!, At(key, 2), At(ca, 3), ciphers, new SourceLocation("test.conf", 4, 1), SslProtocols.None, TlsVerifyMode.Require, VerifiedPeerMayInject: false, AllowRenegotiation: true);
        TlsCredentials.TryLoad(options, DiskConfigFiles.FromEnvironment(), out var credentials, out var errors);
        return (credentials, errors);
    }

    private static (string Certificate, string Key) Certificate(string name, DateTimeOffset? from = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var start = from ?? TimeProvider.System.GetUtcNow().AddDays(-1);
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(start, start.AddDays(10));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private static string Joined((string Certificate, string Key) pair) => $"{pair.Certificate}\n{pair.Key}";

    private static string Encrypted()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1_000));
    }

    private string Write(string name, string text)
    {
        var file = Path.Combine(_directory, name);
        File.WriteAllText(file, text);
        return file;
    }
}
