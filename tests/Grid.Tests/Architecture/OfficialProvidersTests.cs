using System.Text.Json.Nodes;
using EcStreamOrleans.Grid.Tests.Harness;

namespace EcStreamOrleans.Grid.Tests.Architecture;

/// <summary><c>-p:OrleansAzureProviders=official</c> puts Orleans' own packages in the place of our providers. Evaluated only: they need not be to be had.</summary>
public sealed class OfficialProvidersTests
{
    private static readonly string[] Official =
        ["Microsoft.Orleans.Clustering.AzureStorage", "Microsoft.Orleans.Persistence.AzureStorage", "Microsoft.Orleans.Reminders.AzureStorage"];

    [Fact]
    public async Task UnlessToldOtherwise_TheProvidersAreOurs()
    {
        var project = await EvaluateAsync();

        Assert.Empty(Names(project, "PackageReference").Intersect(Official));
        Assert.Contains("AzureTableGrainStorage.cs", Sources(project));
        Assert.DoesNotContain("official", Property(project, "NuGetLockFilePath"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ByOneProperty_TheyAreOrleansOwn_AndTheLockFilesAreLeftAlone()
    {
        var project = await EvaluateAsync("-p:OrleansAzureProviders=official", "-p:CI=true");

        Assert.Equal(Official, Names(project, "PackageReference").Intersect(Official).Order(StringComparer.Ordinal));
        var versions = project["Items"]!["PackageVersion"]!.AsArray().ToLookup(v => $"{v!["Identity"]}", v => $"{v!["Version"]}");
        Assert.All(Official, package => Assert.Equal(versions["Microsoft.Orleans.Server"], versions[package]));

        var sources = Sources(project);
        Assert.Contains("AzurePolicyLog.cs", sources);
        Assert.DoesNotContain("AzureTableGrainStorage.cs", sources);
        Assert.DoesNotContain("AzureMembershipTable.cs", sources);
        Assert.EndsWith("/obj/packages.official.lock.json", Property(project, "NuGetLockFilePath"));
        Assert.Equal("false", Property(project, "RestoreLockedMode"));
    }

    /// <summary>Nothing else of the product knows our providers but by the names that Orleans' own have.</summary>
    [Fact]
    public void NothingElse_NamesOurs()
    {
        var files = Directory.EnumerateFiles(Repository.Root, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/src/Azure/Providers/", StringComparison.Ordinal))
            .ToLookup(file => File.ReadLines(file).Any(line => line.StartsWith("using EcStreamOrleans.Azure.", StringComparison.Ordinal) && line.Contains("Providers", StringComparison.Ordinal)));
        Assert.Empty(files[true]);
        Assert.NotEmpty(files[false]);
    }

    private static async Task<JsonNode> EvaluateAsync(params string[] properties)
    {
        var result = await ToolProcess.RunAsync(
            "dotnet",
            [
                "msbuild", Path.Combine(Repository.Root, "src", "Azure", "Azure.csproj"), "-getItem:PackageReference,PackageVersion,Compile",
                "-getProperty:NuGetLockFilePath,RestoreLockedMode", .. properties,
            ]);
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        return JsonNode.Parse(result.Output)!;
    }

    private static IEnumerable<string> Names(JsonNode project, string item) => project["Items"]![item]!.AsArray().Select(i => $"{i!["Identity"]}");

    private static List<string> Sources(JsonNode project) => [.. Names(project, "Compile").Select(path => Path.GetFileName(path)!)];

    private static string Property(JsonNode project, string name) => $"{project["Properties"]![name]}";
}
