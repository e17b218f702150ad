using System.Globalization;
using System.Text.RegularExpressions;

namespace EcStreamOrleans.Deploy.Tests;

/// <summary>The settings of the programs, as docs/configuration.md has them.</summary>
internal static partial class Settings
{
    private static readonly Dictionary<string, string> Defaults = Row().Matches(Tree.Text("docs/configuration.md")).DistinctBy(match => match.Groups["name"].Value)
        .ToDictionary(match => match.Groups["name"].Value, match => match.Groups["default"].Value.Trim().Trim('`'));

    public static bool IsDocumented(string setting) => Defaults.ContainsKey(setting);

    public static bool Exists(string setting) => Defaults.ContainsKey(setting);

    public static string Of(string environmentVariable) => environmentVariable.Replace("__", ":", StringComparison.Ordinal);

    public static double Default(string setting) => double.Parse(Defaults[setting], CultureInfo.InvariantCulture);

    /// <summary>How long the host may take to stop: the sum that docs/operations.md gives.</summary>
    public static double StopSeconds => Default("Grid:Limits:DrainTime") + Default("Grid:Relay:DrainTime") + 5;

    // | `Grid:Conf` (`--conf`) | none | …
    [GeneratedRegex(@"^\| `(?<name>Grid:[A-Za-z:]+)`[^|]*\| (?<default>[^|]*)\|", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Row();
}
