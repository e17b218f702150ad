using System.Globalization;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

/// <summary>The examples of docs/configuration.md are what the product does.</summary>
public sealed class DocumentationTests
{
    private const string Begin = "<!-- options: written by the tests -->\n";
    private const string End = "<!-- /options -->";
    private const string Update = "UPDATE_DOCS";

    private static readonly string Page = FindPage();
    private static readonly string[] Blocks = ReadBlocks();

    [Fact]
    public void DefaultConfiguration_IsTheOneShown() => Assert.Equal(ConfigurationLoader.DefaultText.Trim(), Blocks[0].Trim());

    [Fact]
    public void Example_IsValidOnceItsDirectoryExists()
    {
        var files = new MemoryConfigFiles { ["e.conf"] = Blocks[1], ["listeners.d/a"] = "" };

        var result = ConfigurationLoader.Load("e.conf", files);

        Assert.Empty(result.Diagnostics);
        Assert.Equal(2, result.Configuration!.Listens.Length);
    }

    [Fact]
    public void BadExample_GivesTheOutputShown()
    {
        var example = Array.FindIndex(Blocks, b => b.StartsWith("# Eight mistakes", StringComparison.Ordinal));
        var result = ConfigurationLoader.Parse(Blocks[example], "bad.conf");

        Assert.Equal(Blocks[example + 1].Trim(), string.Join('\n', result.Diagnostics));
    }

    [Fact]
    public void FallbackExample_GivesTheTableShown()
    {
        var example = Array.FindIndex(Blocks, b => b.Contains("Pathway_Group \"resellers\"", StringComparison.Ordinal));
        var result = ConfigurationLoader.Parse(Blocks[example], "e.conf");
        Assert.Empty(result.Diagnostics);
        var rows = Blocks[example + 1].Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
        Assert.Equal(6, rows.Length);

        Assert.All(rows, row =>
        {
            var cells = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.True(PeerId.TryParse(cells[1], out var peer));
            var policy = PolicyEvaluator.Evaluate(result.Configuration!, OverrideSet.Empty, cells[0], peer);
            var (value, origin) = cells[2] == "ECStream_Idle_Time"
                ? (policy.IdleTime.Value.TotalSeconds, policy.IdleTime.Origin)
                : (policy.MaxBatchSize.Value, policy.MaxBatchSize.Origin);
            Assert.Equal((cells[3], cells[4]), (value.ToString(CultureInfo.InvariantCulture), origin));
        });
    }

    [Fact]
    public void Options_AreThoseOfTheTable()
    {
        var page = File.ReadAllText(Page).ReplaceLineEndings("\n");
        var start = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = page.IndexOf(End, StringComparison.Ordinal);
        Assert.InRange(end, start, page.Length);
        var expected = RenderOptions();
        if (Environment.GetEnvironmentVariable(Update) == "1")
        {
            File.WriteAllText(Page, page[..start] + expected + page[end..]);
            return;
        }

        Assert.True(
            expected == page[start..end],
            $"The table of options in docs/configuration.md is not that of OptionDefinitions: {Update}=1 dotnet test tests/Protocol.Tests writes it anew.");
    }

    [Theory]
    [InlineData("EventLoop \"inbound\"", 1)]
    [InlineData("Use_SSL = true", 0)]
    public void OtherExamples_AreValid(string holding, int warnings)
    {
        var result = ConfigurationLoader.Parse(Blocks.Single(b => b.Contains(holding, StringComparison.Ordinal)), "e.conf");

        Assert.NotNull(result.Configuration);
        Assert.Equal(warnings, result.Diagnostics.Length);
    }

    private static string RenderOptions() =>
        "| Option | Type | Default | Unit | Range | Scopes | By reload | Effect here |\n|---|---|---|---|---|---|---|---|\n"
        + string.Concat(OptionDefinitions.All.Select(o =>
            $"| `{o.Name}` | {TypeOf(o)} | {o.Default ?? "none"} | {o.Unit} | {o.Range} | {string.Join(", ", o.Scopes)} | {(o.IsDynamic ? "yes" : "no")} "
            + $"| {(o.IsExtension ? "an extension: " : "")}{o.Effect}{(o.AlwaysWarns ? "; a warning says so" : "")} |\n"));

    private static string TypeOf(OptionDefinition option) => option.Type switch
    {
        OptionType.Number => "integer",
        OptionType.Boolean => "boolean",
        OptionType.Octal => "octal",
        OptionType.Path => "path",
        OptionType.Blocks => "array",
        _ => "string",
    };

    private static string FindPage()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "EcStreamOrleans.sln")))
        {
            directory = directory.Parent;
        }

        Assert.NotNull(directory);
        return Path.Combine(directory.FullName, "docs", "configuration.md");
    }

    private static string[] ReadBlocks()
    {
        var parts = File.ReadAllText(Page).ReplaceLineEndings("\n").Split("\n```");

        // Every second part is inside a fence and begins with the rest of the fence's line.
        return [.. parts.Where((_, i) => i % 2 == 1).Select(p => p[(p.IndexOf('\n', StringComparison.Ordinal) + 1)..])];
    }
}
