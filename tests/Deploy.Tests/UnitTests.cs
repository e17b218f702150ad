using System.Globalization;

namespace EcStreamOrleans.Deploy.Tests;

/// <summary>The units of systemd.</summary>
public class UnitTests
{
    public static TheoryData<string, string> Units => new() { { "silo", "Silo" }, { "edge", "Edge" } };

    [Theory]
    [MemberData(nameof(Units))]
    public void A_unit_stops_later_than_its_program_and_gives_it_no_more_than_it_needs(string unit, string project)
    {
        var lines = File.ReadLines(Tree.PathOf($"deploy/systemd/ecstream-{unit}.service")).Where(l => l.Contains('=', StringComparison.Ordinal) && l[0] != '#').Select(l => l.Split('=', 2)).ToList();
        string One(string key) => lines.Single(l => l[0] == key)[1];

        Assert.Equal("exec", One("Type"));
        Assert.Contains($"EcStreamOrleans.{project}.dll", One("ExecStart"), StringComparison.Ordinal);
        Assert.Equal("on-failure", One("Restart"));
        Assert.True(double.Parse(One("TimeoutStopSec").TrimEnd('s'), CultureInfo.InvariantCulture) > Settings.StopSeconds);
        Assert.True(double.Parse(One("LimitNOFILE"), CultureInfo.InvariantCulture) > 2 * Settings.Default("Grid:Limits:MaxSessions"));
        Assert.Equal("ecstream", One("User"));
        Assert.Equal("", One("CapabilityBoundingSet"));
        Assert.Equal("strict", One("ProtectSystem"));
        Assert.Equal("yes", One("NoNewPrivileges"));
    }
}
