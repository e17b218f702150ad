using System.Text.RegularExpressions;

namespace EcStreamOrleans.Deploy.Tests;

/// <summary>The pipeline: its stages follow each other as they must, and what it calls exists.</summary>
public partial class PipelineTests
{
    private static readonly string[] Files = ["azure-pipelines.yml", .. Tree.Files("deploy/pipelines", "*.yml")];

    private static List<JsonNode> Stages() => [.. Tree.Yaml("azure-pipelines.yml").Single().ListAt("stages").Where(s => s.TextAt("stage") is not null)];

    [Fact]
    public void Stages_depend_on_stages_that_exist_and_stand_before()
    {
        var before = new HashSet<string>();
        foreach (var stage in Stages())
        {
            Assert.All(DependsOn(stage, before.LastOrDefault()), needed => Assert.Contains(needed, before));
            before.Add(stage.TextAt("stage")!);
        }
    }

    [Fact]
    public void Nothing_reaches_azure_before_tests_and_definitions_have_passed()
    {
        Assert.Superset(new HashSet<string> { "Build", "Definitions" }, Ancestors("WhatIf"));
        Assert.Contains("WhatIf", Ancestors("Infrastructure"));
        Assert.Contains("Infrastructure", Ancestors("Images"));
        Assert.Contains("Build", Ancestors("Publish"));
        Assert.All(Stages().Where(s => s.TextAt("stage") is not ("Build" or "Definitions")), s => Assert.Contains("isMain", s.TextAt("condition"), StringComparison.Ordinal));
    }

    [Fact]
    public void Regions_come_one_behind_the_first_with_approvals_a_gate_and_a_way_back()
    {
        var loop = Tree.Yaml("azure-pipelines.yml").Single().ListAt("stages").Single(s => s.TextAt("stage") is null) as JsonObject;
        var parameters = (JsonObject)loop!.Single().Value![0]!["parameters"]!;
        Assert.Equal("Images", parameters.Single(p => p.Key.Contains("if eq", StringComparison.Ordinal)).Value.ListAt("after").Single().GetValue<string>());
        Assert.Contains("Deploy_${{ parameters.regions[0] }}", parameters.Single(p => p.Key.Contains("else", StringComparison.Ordinal)).Value.ListAt("after").Select(a => a.GetValue<string>()));

        var stage = Tree.Yaml("deploy/pipelines/region.yml").Single().ListAt("stages").Single();
        Assert.Equal("Deploy_${{ parameters.region }}", stage.TextAt("stage"));
        Assert.Contains("isMain", stage.TextAt("condition"), StringComparison.Ordinal);
        var job = stage.ListAt("jobs").Single();
        Assert.Equal("ecstream-${{ parameters.region }}", job.TextAt("environment"));
        var steps = job.ListAt("strategy.runOnce.deploy.steps").Select(Script).ToList();
        var apply = steps.FindIndex(s => s.Contains("kubectl apply --server-side --filename", StringComparison.Ordinal));
        Assert.True(apply >= 0 && steps.FindIndex(s => s.Contains("gate.sh", StringComparison.Ordinal)) > apply);
        Assert.Contains(job.ListAt("strategy.runOnce.on.failure.steps").Select(Script), s => s.Contains("rollback.sh", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_deployment_names_its_environment() => Assert.All(
        Stages().SelectMany(s => s.ListAt("jobs")).Where(j => j.TextAt("deployment") is not null), j => Assert.StartsWith("ecstream-", j.TextAt("environment"), StringComparison.Ordinal));

    [Fact]
    public void Everything_that_is_called_exists()
    {
        Assert.All(Files, file => Assert.Empty(FindMissing(file, Tree.Text(file))));
        Assert.Contains("eng/audit.sh", Called().Matches(Tree.Text("azure-pipelines.yml")).Select(m => m.Groups["path"].Value));
    }

    [Fact]
    public void Every_script_that_is_called_may_be_executed_and_stops_at_errors() => Assert.All(
        Files.SelectMany(f => Called().Matches(Tree.Text(f)).Select(m => m.Groups["path"].Value)).Where(p => p.EndsWith(".sh", StringComparison.Ordinal)).Distinct(),
        script =>
        {
            Assert.True(File.GetUnixFileMode(Tree.PathOf(script)).HasFlag(UnixFileMode.UserExecute), script);
            Assert.Contains("\nset -euo pipefail\n", Tree.Text(script), StringComparison.Ordinal);
        });

    [Fact]
    public void Templates_get_the_parameters_that_they_ask_for()
    {
        foreach (var file in Tree.Files("deploy/pipelines", "*.yml"))
        {
            var declared = Tree.Yaml(file).Single().ListAt("parameters").Select(p => p.TextAt("name")!).ToHashSet();
            Assert.Subset(declared, Parameter().Matches(Tree.Text(file)).Select(m => m.Groups["name"].Value).ToHashSet());
        }
    }

    [Theory]
    [InlineData("- script: bash eng/no-such.sh\n", "eng/no-such.sh")]
    [InlineData("- template: deploy/pipelines/none.yml\n", "deploy/pipelines/none.yml")]
    [InlineData("- script: dotnet publish src/None\n", "src/None")]
    public void What_does_not_exist_is_found(string step, string expected) => Assert.Equal([expected], FindMissing("azure-pipelines.yml", step));

    private static IEnumerable<string> FindMissing(string file, string text) => Called().Matches(text).Select(m => m.Groups["path"].Value)
        .Concat(Template().Matches(text).Select(m => m.Groups["path"].Value).Select(path => path.Contains('/', StringComparison.Ordinal) ? path : Path.Combine(Path.GetDirectoryName(file)!, path)))
        .Where(path => !Path.Exists(Tree.PathOf(path)));

    private static string Script(JsonNode step) => step.TextAt("script") ?? step.TextAt("inputs.inlineScript") ?? string.Empty;

    // A stage that says nothing follows the one before.
    private static IEnumerable<string> DependsOn(JsonNode stage, string? before) => stage.At("dependsOn") switch
    {
        JsonArray list => list.Select(d => d!.GetValue<string>()),
        JsonValue one => [one.GetValue<string>()],
        _ => before is null ? [] : [before],
    };

    private static HashSet<string> Ancestors(string name)
    {
        var found = new HashSet<string>();
        Visit(name);
        return found;

        void Visit(string stage)
        {
            foreach (var needed in DependsOn(Stages().Single(s => s.TextAt("stage") == stage), null).Where(found.Add))
            {
                Visit(needed);
            }
        }
    }

    // Paths of the repository in scripts: "bash eng/audit.sh", "deploy/systemd/*.service" not, "dotnet publish src/Silo".
    [GeneratedRegex(@"(bash |test |publish |restore |--filename |@)""?(?<path>(eng|deploy|src|tests)/[\w./-]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Called();

    [GeneratedRegex(@"- template: (?<path>\S+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Template();

    [GeneratedRegex(@"parameters\.(?<name>\w+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Parameter();
}
