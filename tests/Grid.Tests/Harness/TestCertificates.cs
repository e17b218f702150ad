using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Protocol.Tls;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>An authority of the test's own: certificates for a server on loopback and its clients, as PEM files.</summary>
internal sealed class TestCertificates(TempDirectory directory)
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    private static readonly SourceLocation At = new("test.conf", 3, 5);

    private readonly X509Certificate2 _root = Authority("CN=Test Root");

    /// <summary>The certificate of the authority.</summary>
    public string RootFile => directory.File("root.pem", _root.ExportCertificatePem());

    /// <summary>A server's certificate behind an intermediate one, with both and the key in one file.</summary>
    public string ServerFile(string name = "server")
    {
        using var intermediate = Issue($"CN=Intermediate of {name}", _root, use: null);
        using var server = Issue($"CN={name}", intermediate, ServerUse);
        return directory.File($"{name}.pem", $"{server.ExportCertificatePem()}\n{intermediate.ExportCertificatePem()}\n{Key(server)}\n");
    }

    /// <summary>A client's certificate with its key, and its intermediate one if it has one.</summary>
    public string ClientFile(string subject = "CN=client", bool isOurs = true, bool hasIntermediate = false, int expiredDays = 0)
    {
        using var stranger = Authority("CN=Stranger");
        using var intermediate = hasIntermediate ? Issue("CN=Intermediate", _root, use: null) : null;
        using var client = Issue(subject, intermediate ?? (isOurs ? _root : stranger), ClientUse, expiredDays);
        return directory.File($"client-{Guid.NewGuid():n}.pem", $"{client.ExportCertificatePem()}\n{intermediate?.ExportCertificatePem()}\n{Key(client)}\n");
    }

    /// <summary>A node's certificate and its intermediate one, for a server's part and a client's, and the key.</summary>
    public (string Certificate, string Key) NodeFiles(string name, int expiredDays = 0)
    {
        using var intermediate = Issue("CN=Intermediate", _root, use: null);
        using var node = Issue("CN=node", intermediate, ServerUse + " " + ClientUse, expiredDays, name);
        return (directory.File($"{name}-cert.pem", $"{node.ExportCertificatePem()}\n{intermediate.ExportCertificatePem()}\n"), directory.File($"{name}-key.pem", Key(node)));
    }

    /// <summary>The options of a Listen, its files read.</summary>
    public ListenTlsOptions Options(
        string? serverFile = null,
        TlsVerifyMode mode = TlsVerifyMode.None,
        SslProtocols protocols = SslProtocols.None,
        string? ciphers = null,
        bool mayInject = false,
        bool allowRenegotiation = true)
    {
        var options = new ListenTlsOptions(
            new ConfigPath(serverFile ?? ServerFile(), At), null, mode == TlsVerifyMode.None ? null : new ConfigPath(RootFile, At), ciphers, At, protocols, mode, mayInject, allowRenegotiation);
        Assert.True(TlsCredentials.TryLoad(options, DiskConfigFiles.FromEnvironment(), out var credentials, out var errors), string.Join('\n', errors));
        return options with { Credentials = credentials };
    }

    private static string Key(X509Certificate2 certificate) => certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();

    private static X509Certificate2 Authority(string subject)
    {
        var request = Request(subject, use: null);
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-100), now.AddDays(100));
    }

    private static X509Certificate2 Issue(string subject, X509Certificate2 issuer, string? use, int expiredDays = 0, string? dnsName = null)
    {
        var (request, key) = RequestWithKey(subject, use, dnsName);
        var end = TimeProvider.System.GetUtcNow().AddDays(expiredDays > 0 ? -expiredDays : 10);
        using var certificate = request.Create(issuer, end.AddDays(use is null ? -90 : -30), end, Guid.NewGuid().ToByteArray());
        return certificate.CopyWithPrivateKey(key);
    }

    private static CertificateRequest Request(string subject, string? use) => RequestWithKey(subject, use).Request;

    private static (CertificateRequest Request, ECDsa Key) RequestWithKey(string subject, string? use, string? dnsName = null)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: use is null, hasPathLengthConstraint: false, 0, critical: true));
        if (use is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. use.Split(' ').Select(oid => new Oid(oid))], critical: false));
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(IPAddress.Loopback);
            if (dnsName is not null)
            {
                names.AddDnsName(dnsName);
            }

            request.CertificateExtensions.Add(names.Build());
        }

        return (request, key);
    }
}
