using System.Text.RegularExpressions;

namespace EcStreamOrleans.Deploy.Tests;

/// <summary>The regions, as the parameters of Bicep have them: the same for every size.</summary>
internal static partial class Regions
{
    public static IReadOnlyDictionary<string, string> All { get; } = Read();

    public static IEnumerable<string> Networks => All.Values;

    private static Dictionary<string, string> Read()
    {
        var sizes = Tree.Files("deploy/bicep", "*.bicepparam").Select(file => Row().Matches(Tree.Text(file)).ToDictionary(m => m.Groups["location"].Value, m => m.Groups["network"].Value)).ToList();
        Assert.All(sizes, size => Assert.Equal(sizes[0], size));
        return sizes[0];
    }

    [GeneratedRegex(@"location: '(?<location>\w+)', network: '(?<network>[\d./]+)'", RegexOptions.ExplicitCapture)]
    private static partial Regex Row();
}
