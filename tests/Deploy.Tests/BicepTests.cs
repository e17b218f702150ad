using System.Text.RegularExpressions;

namespace EcStreamOrleans.Deploy.Tests;

/// <summary>The Bicep files build, without a warning; whether Azure takes them only Azure can say (the pipeline's what-if).</summary>
public sealed partial class BicepTests : IDisposable
{
    private readonly Bicep _bicep = new();

    public void Dispose() => _bicep.Dispose();

    [Fact]
    public async Task Everything_lints_without_a_word()
    {
        // A module that main.bicep does not lead to would not be looked at.
        var (output, errors, code) = await _bicep.RunAsync("lint", "--pattern", "bicep/**/*.bicep");
        Assert.Equal(("", "", 0), (output, errors, code));
    }

    [Fact]
    public async Task Everything_is_formatted()
    {
        foreach (var pattern in new[] { "bicep/**/*.bicep", "bicep/*.bicepparam" })
        {
            var (_, errors, code) = await _bicep.RunAsync("format", "--pattern", pattern);
            Assert.Equal(("", 0), (errors, code));
        }

        Assert.All(
            Tree.Files("deploy/bicep", "*.bicep").Concat(Tree.Files("deploy/bicep", "*.bicepparam")),
            file => Assert.Equal(File.ReadAllText(_bicep.PathOf(Path.GetRelativePath("deploy", file))), Tree.Text(file)));
    }

    [Theory]
    [InlineData("small")]
    [InlineData("large")]
    public async Task Parameters_build(string size)
    {
        var (output, errors, code) = await _bicep.RunAsync("build-params", $"bicep/{size}.bicepparam", "--stdout");
        Assert.Equal(("", 0), (errors, code));
        var parameters = JsonNode.Parse(JsonNode.Parse(output).TextAt("parametersJson")!);
        var sizes = parameters.At("parameters.sizes.value")!;

        // One pod a machine: the machines of a size are enough for the pods of that size, and one more, for an upgrade.
        var component = Tree.Yaml($"deploy/kubernetes/components/{size}/kustomization.yaml").Single().ListAt("patches").Select(p => p.TextAt("patch")!).ToList();
        foreach (var (pool, workload, zones) in new[] { ("silos", "StatefulSet", 3), ("edges", "Deployment", 1) })
        {
            var replicas = component.Where(p => p.Contains($"kind: {workload}\n", StringComparison.Ordinal)).Select(p => int.Parse(Replicas().Match(p).Groups["n"].Value, System.Globalization.CultureInfo.InvariantCulture)).Single();
            Assert.Equal(replicas, sizes.At($"{pool}.minCount")!.GetValue<int>() * zones);
            Assert.True(sizes.At($"{pool}.maxCount")!.GetValue<int>() * zones > replicas);
        }
    }

    [Fact]
    public async Task Scripts_and_pipeline_use_outputs_that_exist()
    {
        var (output, errors, code) = await _bicep.RunAsync("build", "bicep/main.bicep", "--stdout");
        Assert.Equal(("", 0), (errors, code));
        var outputs = ((JsonObject)JsonNode.Parse(output)!["outputs"]!).Select(o => o.Key).ToHashSet();
        var values = RegionValues().Match(Tree.Text("deploy/bicep/modules/region.bicep")).Groups["values"].Value.Split('\n').Select(l => l.Split(':')[0].Trim()).ToHashSet();

        var users = Tree.Text("deploy/kubernetes/values.sh") + Tree.Text("azure-pipelines.yml") + string.Concat(Tree.Files("deploy/pipelines", "*.yml").Select(Tree.Text));
        var used = UsedOutput().Matches(users).Select(m => m.Groups["name"].Value).ToHashSet();
        Assert.Equal(["grafana", "policyUri", "regions", "registry", "tenantId"], used.Order(StringComparer.Ordinal));
        Assert.Subset(outputs, used);
        var ofRegion = OfRegion().Matches(users).Select(m => m.Groups["name"].Value).ToHashSet();
        Assert.Contains("ingressName", ofRegion);
        Assert.Contains("metricsQueryEndpoint", ofRegion);
        Assert.Subset(values, ofRegion);
    }

    [Fact]
    public async Task No_store_or_vault_can_be_opened_by_a_key_or_purged()
    {
        var (output, _, _) = await _bicep.RunAsync("build", "bicep/main.bicep", "--stdout");
        var resources = Resources(JsonNode.Parse(output)!).ToList();
        var accounts = resources.Where(r => r.TextAt("type") == "Microsoft.Storage/storageAccounts" && r.At("properties") is not null).ToList();
        Assert.NotEmpty(accounts);
        Assert.All(accounts, a => Assert.False(a.At("properties.allowSharedKeyAccess")!.GetValue<bool>()));
        var vaults = resources.Where(r => r.TextAt("type") == "Microsoft.KeyVault/vaults" && r.At("properties") is not null).ToList();
        Assert.NotEmpty(vaults);
        Assert.All(vaults, v => Assert.True(v.At("properties.enablePurgeProtection")!.GetValue<bool>() && v.At("properties.enableRbacAuthorization")!.GetValue<bool>()));
        Assert.Contains(resources, r => r.TextAt("type") == "Microsoft.AlertsManagement/prometheusRuleGroups");
    }

    [Theory]
    [InlineData("output region string = noSuchThing\n", 1)]
    [InlineData("var nobodyUsesIt = 1\n", 0)]
    public async Task A_fault_is_found(string fault, int expected)
    {
        await File.AppendAllTextAsync(_bicep.PathOf("bicep/modules/names.bicep"), fault);
        var (_, errors, code) = await _bicep.RunAsync("lint", "--pattern", "bicep/**/*.bicep");
        Assert.Equal(expected, code);
        Assert.Contains("names.bicep", errors, StringComparison.Ordinal);
    }

    /// <summary>All resources of a template and of those nested in it.</summary>
    private static IEnumerable<JsonNode> Resources(JsonNode template)
    {
        var list = template["resources"] switch
        {
            JsonObject named => named.Select(pair => pair.Value!),
            JsonArray array => array.Select(item => item!),
            _ => [],
        };
        return list.SelectMany(r => r.At("properties.template") is { } nested ? Resources(nested) : [r]);
    }

    [GeneratedRegex(@"replicas: (?<n>\d+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Replicas();

    [GeneratedRegex(@"output values object = \{\n(?<values>.*?)\n\}", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex RegionValues();

    [GeneratedRegex(@"\.(?<name>\w+)\.value\b", RegexOptions.ExplicitCapture)]
    private static partial Regex UsedOutput();

    // In values.sh "KEY: .name"; in the pipeline "jq --raw-output .name <<< "$site"" and "| .name'".
    [GeneratedRegex(@"([A-Z_]+: |raw-output |\| )\.(?<name>[a-z]\w+)(?=[,\n' ])", RegexOptions.ExplicitCapture)]
    private static partial Regex OfRegion();
}
