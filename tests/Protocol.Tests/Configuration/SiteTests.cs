using System.Globalization;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

/// <summary>
/// Whole sites, in the manner of Momentum's users: each loads, says exactly what its file of diagnostics has, and gives the
/// policies of its file of expectations: the Listen, the peer, the idle time and its origin, the batch size and its origin. A file
/// of Listens, if there is one, has what applies to each.
/// </summary>
public sealed class SiteTests
{
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "fixtures", "sites");

    public static TheoryData<string> Sites => [.. Directory.GetDirectories(Root).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Sites))]
    public void Site_Loads_WithItsPoliciesAndItsWarnings(string site)
    {
        var directory = Path.Combine(Root, site);

        var result = ConfigurationLoader.Load(Path.Combine(directory, "ecelerity.conf"), new DiskConfigFiles([]));

        Assert.Equal(
            File.ReadAllLines(Path.Combine(directory, "diagnostics.txt")),
            result.Diagnostics.Select(d => d.ToString().Replace(directory + "/", "", StringComparison.Ordinal)));
        Assert.NotNull(result.Configuration);
        var expected = File.ReadAllLines(Path.Combine(directory, "expected.txt"));
        Assert.NotEmpty(expected);
        Assert.All(expected, line => Assert.Equal(line, Evaluate(result.Configuration, line.Split(' '))));
        if (Path.Combine(directory, "listens.txt") is var listens && File.Exists(listens))
        {
            Assert.Equal(
                File.ReadAllLines(listens),
                result.Configuration.Listens.Select(l => Describe(l).Replace(directory + "/", "", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void ThereAreTenSites() => Assert.Equal(10, Sites.Count);

    private static string Describe(ListenEndpointOptions listen) => string.Create(
        CultureInfo.InvariantCulture,
        $"{listen.Address} concurrency {listen.Accept.Concurrency} loop {listen.Accept.EventLoop?.Name ?? "-"} {listen.Accept.EventLoop?.Concurrency ?? 0}"
        + $" proxy {(listen.Proxy is { } proxy ? string.Join(',', proxy.From.Entries.Select(e => e.Value)) : "-")} tls {(listen.Tls is { } tls ? Describe(tls) : "-")}");

    private static string Describe(ListenTlsOptions tls) =>
        $"{tls.Certificate.Path} key {tls.Key?.Path ?? "-"} ca {tls.ClientCa?.Path ?? "-"} ciphers {tls.Ciphers ?? "-"} protocols {tls.Protocols}"
        + $" verify {tls.VerifyMode} inject {tls.VerifiedPeerMayInject} renegotiation {tls.AllowRenegotiation}";

    private static string Evaluate(GridConfiguration configuration, string[] expected)
    {
        Assert.True(PeerId.TryParse(expected[1], out var peer));
        Assert.NotNull(configuration.FindListen(expected[0]));
        var policy = PolicyEvaluator.Evaluate(configuration, OverrideSet.Empty, expected[0], peer);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{expected[0]} {expected[1]} {policy.IdleTime.Value.TotalSeconds} {policy.IdleTime.Origin} {policy.MaxBatchSize.Value} {policy.MaxBatchSize.Origin}");
    }
}
