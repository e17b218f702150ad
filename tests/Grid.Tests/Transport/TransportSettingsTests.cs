using System.Net;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace EcStreamOrleans.Grid.Tests.Transport;

public sealed class TransportSettingsTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void AsTheyAreByDefault_TheyAreRight_AndWithoutTls()
    {
        Assert.Empty(new TransportSettings().FindErrors());
        Assert.False(new TransportSettings().UsesTls);
        Assert.True(new TransportSettings { Certificate = "c", CertificateKey = "k", Authorities = "a" }.UsesTls);
    }

    [Theory]
    [InlineData("c", null, null, "Grid:Transport:CertificateKey, Grid:Transport:Authorities")]
    [InlineData("c", "k", null, "Grid:Transport:Authorities")]
    [InlineData("c", "k", "", "Grid:Transport:Authorities")]
    [InlineData(null, "k", "a", "Grid:Transport:Certificate")]
    [InlineData("c", null, "a", "Grid:Transport:CertificateKey")]
    public void HalfOfTls_IsRefused_NamingTheOtherHalf(string? certificate, string? key, string? authorities, string missing)
    {
        var settings = new TransportSettings { Certificate = certificate, CertificateKey = key, Authorities = authorities, AllowedNames = "edge.grid" };

        Assert.Equal([$"Grid:Transport: TLS needs a certificate, its key and authorities; missing: {missing}."], settings.FindErrors());
        Assert.False(settings.UsesTls);
    }

    [Fact]
    public void EveryError_IsSaidAtOnce()
    {
        var settings = new TransportSettings { AllowedNames = " , ", HandshakeTime = TimeSpan.Zero };

        Assert.Equal(
            [
                "Grid:Transport:AllowedNames =  , : names are in certificates: without TLS nothing would look at them.",
                "Grid:Transport:AllowedNames =  , : holds no name; leave it out if every certificate that Grid:Transport:Authorities vouch for will do.",
                "Grid:Transport:HandshakeTime = 0: must be between 1 and 300.",
            ],
            settings.FindErrors());
    }

    [Theory]
    [InlineData("127.0.0.1", false, true)]
    [InlineData("::1", false, true)]
    [InlineData("::ffff:127.0.0.2", false, true)]
    [InlineData("192.0.2.1", false, false)]
    [InlineData("0.0.0.0", false, false)]
    [InlineData("192.0.2.1", true, true)]
    public async Task InTheClear_OnlyLoopbackPasses_UnlessAllowPlainSaysOtherwise(string address, bool allowPlain, bool passes)
    {
        var settings = new TransportSettings { AllowPlain = allowPlain };
        using var log = new LogLines();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        var connection = new DefaultConnectionContext { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 30_000) };
        var passed = 0;

        await new PlainGuard(isServer: true, settings, new TransportLog(loggers.CreateLogger<TransportLog>())).OnConnectionAsync(connection, _ =>
        {
            passed++;
            return Task.CompletedTask;
        });

        Assert.Equal(passes ? 1 : 0, passed);
        Assert.Equal(!passes, log.Has(LogLevel.Warning, "is refused: it is not on loopback, and neither TLS nor Grid:Transport:AllowPlain is set"));
        Assert.Equal(passes, settings.FindPlainError("Grid:Silo:Address", IPAddress.Parse(address)) is null);
    }

    [Fact]
    public void Credentials_SayEverythingThatIsWrongWithTheFiles()
    {
        var (certificate, _) = new TestCertificates(_directory).NodeFiles("one.grid");
        var empty = _directory.File("empty.pem", "");
        var missing = _directory.Sub("missing.pem");

        var errors = Assert.Throws<TransportCredentialsException>(
            () => TransportCredentials.Read(new TransportSettings { Certificate = certificate, CertificateKey = missing, Authorities = empty })).Errors;

        Assert.Collection(
            errors,
            error => Assert.Equal($"Grid:Transport:Authorities = {empty}: holds no certificate in PEM form", error),
            error => Assert.StartsWith($"Grid:Transport:CertificateKey = {missing}: Could not find file", error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task RenewedFiles_HoldWithinAMinute_AndBrokenOnesNever()
    {
        var authority = new TestCertificates(_directory);
        var (certificate, key) = authority.NodeFiles("one.grid");
        var credentials = TransportCredentials.Read(new TransportSettings { Certificate = certificate, CertificateKey = key, Authorities = authority.RootFile });
        var first = credentials.Current;
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var log = new LogLines();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        using var watch = new CredentialsWatch(credentials, new TransportLog(loggers.CreateLogger<TransportLog>()), clock);
        await watch.StartAsync(CancellationToken.None);
        await Within.Becomes(() => log.Has(LogLevel.Information, "show the certificate CN=node"), "the watch begins");

        var (renewed, renewedKey) = authority.NodeFiles("two.grid", expiredDays: 1);
        File.Copy(renewed, certificate, overwrite: true);
        clock.Advance(TimeSpan.FromMinutes(1));
        await Within.Becomes(() => log.Has(LogLevel.Error, $"is not the key of {certificate}"), "the watch finds a certificate without its key");
        Assert.Same(first, credentials.Current);

        File.Copy(renewedKey, key, overwrite: true);
        clock.Advance(TimeSpan.FromMinutes(1));
        await Within.Becomes(() => credentials.Current != first, "the renewed files hold");
        await Within.Becomes(() => log.Has(LogLevel.Warning, "will be refused by whoever has the same Grid:Transport:Authorities: NotTimeValid"), "the watch finds that it has ended");
        Assert.Equal(1, log.All.Count(line => line.Level == LogLevel.Error));
        await watch.StopAsync(CancellationToken.None);
    }
}
