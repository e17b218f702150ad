using EcStreamOrleans.Grid.Tests.Harness;

namespace EcStreamOrleans.Grid.Tests.Admin;

public sealed class OpenApiTests
{
    [Fact]
    public async Task TheDescriptionInTheDocs_IsTheOneThatANodeGives()
    {
        using var directory = new TempDirectory();
        await using var silo = await TestSilo.StartAsync(directory);
        var file = Path.Combine(Repository.Root, "docs", "openapi.json");

        var given = (await silo.Admin.GetStringAsync("/openapi/v1.json")).ReplaceLineEndings("\n").TrimEnd() + "\n";

        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(file, given);
        }

        Assert.Equal(await File.ReadAllTextAsync(file), given);
        Assert.DoesNotContain(silo.AdminUrl, given);
    }

    [Fact]
    public async Task EveryOperation_HasASummary()
    {
        using var directory = new TempDirectory();
        await using var silo = await TestSilo.StartAsync(directory);

        var document = await silo.Admin.CallAsync("GET", "/openapi/v1.json");

        var operations = document["paths"].EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Select(o => ($"{o.Name} {p.Name}", o.Value))).ToList();
        Assert.True(operations.Count > 20);
        Assert.All(operations, o => Assert.True(o.Value.TryGetProperty("summary", out _), o.Item1));
    }
}
