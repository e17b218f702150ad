using System.Globalization;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

/// <summary>The examples of docs/configuration.md are what the product does.</summary>
public sealed class DocumentationTests
{
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
        var result = ConfigurationLoader.Parse(Blocks[2], "bad.conf");

        Assert.Equal(Blocks[3].Trim(), string.Join('\n', result.Diagnostics));
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

    private static string[] ReadBlocks()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "EcStreamOrleans.sln")))
        {
            directory = directory.Parent;
        }

        Assert.NotNull(directory);
        var parts = File.ReadAllText(Path.Combine(directory.FullName, "docs", "configuration.md"))
            .ReplaceLineEndings("\n")
            .Split("\n```");

        // Every second part is inside a fence and begins with the rest of the fence's line.
        return [.. parts.Where((_, i) => i % 2 == 1).Select(p => p[(p.IndexOf('\n', StringComparison.Ordinal) + 1)..])];
    }
}
