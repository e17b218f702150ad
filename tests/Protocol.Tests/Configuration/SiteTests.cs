using System.Globalization;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

/// <summary>
/// Whole sites, in the manner of Momentum's users: each loads, says exactly what its file of diagnostics has, and gives the
/// policies of its file of expectations: the Listen, the peer, the idle time and its origin, the batch size and its origin.
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
    }

    [Fact]
    public void ThereAreSixSites() => Assert.Equal(6, Sites.Count);

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
