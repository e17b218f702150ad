using System.Text.RegularExpressions;

namespace EcStreamOrleans.Deploy.Tests;

/// <summary>The metrics that the programs make, by the names that Prometheus has for them.</summary>
internal static partial class Metrics
{
    /// <summary>Those of the runtime that the dashboard shows, as a running silo was seen to give them.</summary>
    private static readonly string[] OfTheRuntime = ["dotnet_process_cpu_time_seconds_total", "dotnet_process_memory_working_set_bytes", "dotnet_gc_pause_time_seconds_total"];

    private static readonly string Source = string.Concat(Tree.Files("src", "*.cs").Select(Tree.Text));

    public static readonly HashSet<string> Known = [.. Instrument().Matches(Source).SelectMany(Names), .. OfTheRuntime];

    /// <summary>The metrics that an expression asks for.</summary>
    public static IEnumerable<string> In(string expression) => Asked().Matches(expression).Select(m => m.Value);

    /// <summary>Values of labels in an expression that no code gives: <c>result="faild"</c>.</summary>
    public static IEnumerable<string> UnknownLabelValues(string expression) => Matcher().Matches(expression)
        .Where(m => m.Groups["label"].Value is not "role" && !Source.Contains($"\"{m.Groups["value"].Value}\"", StringComparison.Ordinal))
        .Select(m => m.Value);

    private static string[] Names(Match instrument)
    {
        var unit = instrument.Groups["unit"].Value switch { "s" => "_seconds", "By" => "_bytes", _ => string.Empty };
        var name = instrument.Groups["name"].Value.Replace('.', '_') + unit;
        return instrument.Groups["kind"].Value switch
        {
            "Counter" or "ObservableCounter" => [name + "_total"],
            "Histogram" => [name + "_bucket", name + "_sum", name + "_count"],
            _ => [name],
        };
    }

    // meter.CreateCounter<long>("ecstream.edge.messages", "{message}", …); an observable one has a function before its unit.
    [GeneratedRegex(@"Create(?<kind>Counter|UpDownCounter|Histogram|ObservableGauge|ObservableCounter|Gauge)(<\w+>)?\(\s*""(?<name>[a-z.]+)"",.*?""(?<unit>\{\w+\}|s|By)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Instrument();

    [GeneratedRegex(@"\b(ecstream|dotnet|orleans)_[a-z0-9_]+", RegexOptions.ExplicitCapture)]
    private static partial Regex Asked();

    [GeneratedRegex(@"(?<label>\w+)=""(?<value>[\w-]+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Matcher();
}
