using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Silo.Admin.Access;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Admin;

public sealed class AccessTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task WithoutKeys_WhoeverIsOnThisMachineIsItsAdministrator_ButNoPageOfABrowser()
    {
        await using var silo = await TestSilo.StartAsync(_directory);

        Assert.Equal(HttpStatusCode.OK, (await silo.Admin.CallAsync("GET", "status")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, await WithAsync("Origin", "https://evil.test"));
        Assert.Equal(HttpStatusCode.Forbidden, await WithAsync("Host", "evil.test"));
        Assert.Equal(HttpStatusCode.OK, await WithAsync("Origin", "http://localhost:3000"));
        Assert.Equal(HttpStatusCode.OK, await WithAsync("Host", "localhost:8025"));

        async Task<HttpStatusCode> WithAsync(string name, string value)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/status");
            request.Headers.TryAddWithoutValidation(name, value);
            using var response = await silo.Admin.SendAsync(request);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task AWrite_IsOnRecord_WithItsActor_AlsoWhenItIsRefused()
    {
        var keys = KeyFile.Write(_directory, "# who", "", KeyFile.Line("ann", "operator", "ann's"), KeyFile.Line("vic", "viewer", "vic's"));
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => s.AdminKeys = keys);

        var made = await silo.Admin.CallAsync("PUT", "policy/overrides/10.0.0.1", """{"idleTime":60,"reason":"line\nbreak"}""", 0, token: "ann's", actor: "somebody else");
        Assert.Equal("ann", made["entry"].GetProperty("actor").GetString());
        await silo.Admin.CallAsync("PUT", "policy/overrides/10.0.0.1", """{"idleTime":60}""", 0, token: "vic's");
        await silo.Admin.CallAsync("PUT", "policy/overrides/10.0.0.1", """{"idleTime":60}""", 0);
        await silo.Admin.CallAsync("GET", "policy/overrides/10.0.0.1", token: "vic's");

        await Within.Becomes(() => Audit().Count == 3, "three writes are on record");
        Assert.Equal(
            [
                "ann (operator) from 127.0.0.1: PUT /api/v1/policy/overrides/10.0.0.1: policy version 1, 1 changes, the first at ECStream_Listener::Peer:10.0.0.1: (line break): 200",
                "nobody (no role) from 127.0.0.1: PUT /api/v1/policy/overrides/10.0.0.1: nothing done: 401",
                "vic (viewer) from 127.0.0.1: PUT /api/v1/policy/overrides/10.0.0.1: nothing done: 403",
            ],
            Audit().Order(StringComparer.Ordinal));
        Assert.DoesNotContain(silo.Log.All, l => l.Text.Contains("ann's", StringComparison.Ordinal));

        List<string> Audit() => [.. silo.Log.All.Where(l => l.Level == LogLevel.Information && l.Text.Contains(" from 127.0.0.1: PUT", StringComparison.Ordinal)).Select(l => l.Text)];
    }

    [Fact]
    public async Task AChangedKeyFile_CountsAtOnce_AndAFaultyOneChangesNothing()
    {
        var file = KeyFile.Write(_directory, KeyFile.Line("ann", "admin", "old"));
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => s.AdminKeys = file);
        Assert.Equal(HttpStatusCode.OK, (await silo.Admin.CallAsync("GET", "status", token: "old")).Status);

        KeyFile.Write(_directory, "# nobody but bob", KeyFile.Line("bob", "admin", "new"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await silo.Admin.CallAsync("GET", "status", token: "old")).Status);
        Assert.Equal(HttpStatusCode.OK, (await silo.Admin.CallAsync("GET", "status", token: "new")).Status);

        KeyFile.Write(_directory, "bob root 12");
        Assert.Equal(HttpStatusCode.OK, (await silo.Admin.CallAsync("GET", "status", token: "new")).Status);
        Assert.True(silo.Log.Has(LogLevel.Error, $"{file}:1: 'root' is no role"));
        Assert.NotEmpty(silo.Services.GetRequiredService<AdminKeys>().Reload());
        KeyFile.Write(_directory, KeyFile.Line("ann", "admin", "again"));
        Assert.Empty(silo.Services.GetRequiredService<AdminKeys>().Reload());
    }

    [Fact]
    public void EverythingThatIsWrongWithAKeyFile_IsNamedWithItsLine_AndNoTokenIsRepeated()
    {
        var file = KeyFile.Write(_directory, KeyFile.Line("ann", "admin", "one"), "bob admin", "cid root " + new string('0', 64), "dan viewer s3cret", KeyFile.Line("eve", "viewer", "one"));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var errors = new List<string>();

        Assert.Equal("ann", Assert.Single(AdminKeys.Read(file, errors)).Name);

        Assert.Equal(
            [
                $"{file}: everybody on this machine may read or write it; chmod o-rw it.",
                $"{file}:2: has 2 words; a line is NAME ROLE SHA256-HEX-OF-TOKEN.",
                $"{file}:3: 'root' is no role; there are viewer, operator, admin.",
                $"{file}:4: the third word is no SHA-256 in 64 hexadecimal digits; printf %s TOKEN | sha256sum makes it.",
                $"{file}:5: the same token as ann's.",
            ],
            errors);
        errors.Clear();
        AdminKeys.Read(_directory.File("empty", "# none\n"), errors);
        AdminKeys.Read(_directory.Sub("missing"), errors);
        Assert.Contains(errors, e => e.EndsWith("empty: holds no key; a line is NAME ROLE SHA256-HEX-OF-TOKEN.", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.StartsWith($"Grid:AdminKeys = {_directory.Sub("missing")}: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OverHttps_TheCertificateIsThatOfTheSettings()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        var (pem, keyPem) = (_directory.File("admin.pem", certificate.ExportCertificatePem()), _directory.File("admin.key", key.ExportPkcs8PrivateKeyPem()));
        var admin = $"https://127.0.0.1:{ServicePort.Next()}";
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => (s.Admin, s.AdminCertificate, s.AdminCertificateKey) = (admin, pem, keyPem));

        // The client trusts this certificate and no other.
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, CustomTrustStore = { certificate } };
        using var http = new HttpClient(handler) { BaseAddress = new Uri(admin) };
        Assert.Equal("live\n", await http.GetStringAsync("/healthz/live"));
    }

    [Fact]
    public async Task OffLoopback_InTheClear_TheStartWarns()
    {
        var keys = KeyFile.Write(_directory, KeyFile.Line("ann", "admin", "one"));
        var port = ServicePort.Next();
        await using var silo = await TestSilo.StartAsync(
            _directory, settings: s => (s.Admin, s.AdminKeys, s.AllowPlainAdmin) = ($"http://0.0.0.0:{port}", keys, true));

        Assert.True(silo.Log.Has(LogLevel.Warning, $"Admin: tokens come to http://0.0.0.0:{port} in the clear"));
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.CallAsync("GET", "status")).Status);
        Assert.Equal(HttpStatusCode.OK, (await http.CallAsync("GET", "status", token: "one")).Status);
    }
}
