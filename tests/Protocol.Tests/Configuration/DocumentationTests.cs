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
