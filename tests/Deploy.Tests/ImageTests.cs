using System.Xml.Linq;

namespace EcStreamOrleans.Deploy.Tests;

/// <summary>The images. There is no container engine in a test: their structure is looked at, the pipeline builds them.</summary>
public class ImageTests
{
    public static TheoryData<string, string> Images => new() { { "silo", "Silo" }, { "edge", "Edge" }, { "ecgrid", "Cli" } };

    [Theory]
    [MemberData(nameof(Images))]
    public void An_image_keeps_the_rules(string image, string project) => Assert.Empty(Dockerfile.FindErrors(Text(image), project));

    [Theory]
    [MemberData(nameof(Images))]
    public void It_starts_the_assembly_of_its_project(string image, string project)
    {
        var assembly = XDocument.Load(Tree.PathOf($"src/{project}/{project}.csproj")).Descendants("AssemblyName").SingleOrDefault()?.Value ?? $"EcStreamOrleans.{project}";
        Assert.Equal($"[\"dotnet\", \"{assembly}.dll\"]", Dockerfile.Read(Text(image)).Last(l => l.Word == "ENTRYPOINT").Content);
    }

    [Theory]
    [InlineData("silo", "StatefulSet")]
    [InlineData("edge", "Deployment")]
    public void It_exposes_the_ports_of_its_manifest_and_asks_the_health_port(string image, string kind)
    {
        var lines = Dockerfile.Read(Text(image));
        var ports = Tree.Yaml($"deploy/kubernetes/base/{image}.yaml").Single(d => d.Kind() == kind).ListAt("spec.template.spec.containers.0.ports").ToList();
        Assert.Equal(ports.Select(p => p.TextAt("containerPort")), lines.Last(l => l.Word == "EXPOSE").Content.Split(' '));
        var health = ports.Single(p => p.TextAt("name") == "health").TextAt("containerPort");
        Assert.EndsWith($"CMD [\"ready\", \"{health}\"]", lines.Last(l => l.Word == "HEALTHCHECK").Content, StringComparison.Ordinal);
        Assert.Contains($"Grid__Health=http://0.0.0.0:{health}", Text(image), StringComparison.Ordinal);
    }

    [Fact]
    public void The_sdk_is_one_that_global_json_takes()
    {
        var wanted = JsonNode.Parse(Tree.Text("global.json")).TextAt("sdk.version")!;
        Assert.All(Images.Select(i => (string)i[0]), image => Assert.StartsWith(
            wanted[..wanted.LastIndexOf('.')] + ".", Dockerfile.Read(Text(image)).First(l => l.Word == "ARG").Content["SDK=".Length..], StringComparison.Ordinal));
    }

    [Fact]
    public void Everything_that_is_copied_is_in_the_context_and_nothing_else()
    {
        var context = File.ReadLines(Tree.PathOf(".dockerignore")).Where(l => l.Length > 0 && l[0] != '#').ToList();
        Assert.Equal("*", context[0]);
        var let = context.Where(l => l[0] == '!').Select(l => l[1..]).ToList();
        var copied = Images.SelectMany(i => Dockerfile.Read(Text((string)i[0]))).Where(l => l.Word == "COPY" && !l.Content.StartsWith("--from", StringComparison.Ordinal))
            .SelectMany(l => l.Content.Split(' ').Where(w => !w.StartsWith("--", StringComparison.Ordinal)).SkipLast(1)).ToHashSet();
        Assert.All(copied, source => Assert.Contains(let, l => source == l || source.StartsWith(l + "/", StringComparison.Ordinal)));
        Assert.All(let, l => Assert.Contains(copied, source => source == l || source.StartsWith(l + "/", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("USER 1654:1654", "USER root", "1654")]
    [InlineData("RUNTIME=10.0.12-noble", "RUNTIME=latest", "pinned")]
    [InlineData("RUNTIME=10.0.12-noble", "RUNTIME=10.0-noble", "pinned")]
    [InlineData(" --locked-mode", "", "locked")]
    [InlineData("COPY src/Spool/Spool.csproj src/Spool/packages.lock.json src/Spool/\n", "", "src/Spool/packages.lock.json")]
    [InlineData("src/Grains/packages.lock.json ", "", "src/Grains/packages.lock.json")]
    [InlineData("HEALTHCHECK", "LABEL health=", "health check")]
    [InlineData("Grid__Data", "Grid__Dada", "no setting")]
    [InlineData("COPY --chmod=0555", "ADD --chmod=0555", "COPY")]
    public void A_broken_rule_is_found(string was, string now, string expected)
    {
        Assert.Contains(was, Text("silo"), StringComparison.Ordinal);
        Assert.Contains(Dockerfile.FindErrors(Text("silo").Replace(was, now, StringComparison.Ordinal), "Silo"), e => e.Contains(expected, StringComparison.Ordinal));
    }

    private static string Text(string image) => Tree.Text($"deploy/docker/{image}.Dockerfile");
}
