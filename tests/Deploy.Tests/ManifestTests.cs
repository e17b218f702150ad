namespace EcStreamOrleans.Deploy.Tests;

/// <summary>The manifests, and the rules themselves: each finds what it is there for.</summary>
public class ManifestTests
{
    private static readonly string[] BaseFiles = [.. Tree.Yaml("deploy/kubernetes/base/kustomization.yaml").Single().ListAt("resources").Select(r => "deploy/kubernetes/base/" + r.GetValue<string>())];

    private static List<JsonNode> Base() => [.. BaseFiles.SelectMany(Tree.Yaml)];

    [Fact]
    public void Every_file_is_yaml()
    {
        var files = Tree.Files("deploy", "*.yaml").Concat(Tree.Files("deploy", "*.yml")).ToList();
        Assert.True(files.Count > 15, $"{files.Count} files");
        Assert.All(files, file => Assert.NotEmpty(Tree.Yaml(file)));
    }

    [Fact]
    public void The_base_keeps_the_rules() => Assert.Empty(ManifestRules.FindErrors(Base()));

    [Theory]
    [InlineData("gate")]
    [InlineData("adopt")]
    public void A_pod_that_a_script_starts_keeps_the_rules(string script) => Assert.Empty(ManifestRules.FindErrors(Tree.Yaml($"deploy/kubernetes/{script}/pod.yaml")));

    /// <summary>What is deployed, where deploy/kubernetes/render.sh has been run: the pipeline does that.</summary>
    [Fact]
    public void What_was_rendered_keeps_the_rules()
    {
        if (Environment.GetEnvironmentVariable("ECSTREAM_RENDERED") is { } directory)
        {
            var files = Directory.GetFiles(directory, "*.yaml");
            Assert.Equal(Directory.GetDirectories(Tree.PathOf("deploy/kubernetes/overlays")).Length, files.Length);
            Assert.All(files, file =>
            {
                var documents = Tree.Yaml(file);
                Assert.Empty(ManifestRules.FindErrors(documents));
                Assert.DoesNotContain("set-by-", string.Concat(documents.Select(d => d.ToJsonString())), StringComparison.Ordinal);
            });
        }
    }

    [Fact]
    public void The_overlays_wire_every_size_in_every_region()
    {
        var overlays = Directory.GetDirectories(Tree.PathOf("deploy/kubernetes/overlays")).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal).ToList();
        var sizes = Tree.Files("deploy/bicep", "*.bicepparam").Select(Path.GetFileNameWithoutExtension);
        var regions = Tree.Yaml("azure-pipelines.yml").Single().ListAt("parameters").Single(p => p.TextAt("name") == "regions").ListAt("default").Select(r => r.GetValue<string>());
        Assert.Equal(from size in sizes from region in regions orderby size + region select $"{size}-{region}", overlays);
        var keys = RegionEnv.Read(overlays[0]).Select(pair => pair.Key).ToList();
        Assert.All(overlays, overlay =>
        {
            var kustomization = Tree.Yaml($"deploy/kubernetes/overlays/{overlay}/kustomization.yaml").Single();
            // The wiring comes last: it carries the region's values to where they belong.
            Assert.Equal([$"../../components/{overlay.Split('-')[0]}", "region", "../../components/wiring"], kustomization.ListAt("components").Select(c => c.GetValue<string>()));
            Assert.Equal(keys, RegionEnv.Read(overlay).Select(pair => pair.Key));
        });
    }

    [Fact]
    public void A_region_passes_sessions_on_to_all_others_and_takes_them_in_its_own_network() => Assert.All(
        Directory.GetDirectories(Tree.PathOf("deploy/kubernetes/overlays")).Select(d => Path.GetFileName(d)!),
        overlay =>
        {
            var (env, region) = (RegionEnv.Read(overlay), overlay.Split('-')[1]);
            Assert.Equal(Regions.All.Keys.Where(other => other != region).Select(other => $"edge.{other}.ecstream.internal:1826"), env.TextAt("FALLBACK_LISTENERS")!.Split(','));
            Assert.True(System.Net.IPNetwork.Parse(Regions.All[region]).Contains(System.Net.IPAddress.Parse(env.TextAt("FALLBACK_ADDRESS")!)), overlay);
        });

    [Fact]
    public void Only_the_regions_networks_reach_the_port_that_sessions_are_passed_on_to()
    {
        var edge = Base().Single(d => d.Kind() == "NetworkPolicy" && d.Name() == "edge");
        foreach (var (way, end) in new[] { ("ingress", "from"), ("egress", "to") })
        {
            var rule = edge.ListAt($"spec.{way}").Single(r => r.ListAt("ports").Any(p => p.TextAt("port") == "1826"));
            Assert.Equal(Regions.Networks, rule.ListAt(end).Select(f => f.TextAt("ipBlock.cidr")!));
        }

        Assert.Contains("param fallbackPort int = 1826\n", Tree.Text("deploy/bicep/main.bicep"), StringComparison.Ordinal);
        Assert.Contains("param fallbackZone string = 'ecstream.internal'\n", Tree.Text("deploy/bicep/main.bicep"), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_place_that_is_set_by_wiring_is_wired_to_a_value_that_exists()
    {
        var wiring = Tree.Yaml("deploy/kubernetes/components/wiring/kustomization.yaml").Single().ListAt("replacements").ToList();
        var keys = RegionEnv.Read("small-westeurope");
        Assert.All(wiring, r => Assert.True(keys.ContainsKey(r.TextAt("source.fieldPath")!["data.".Length..]), r.TextAt("source.fieldPath")));
        var places = Base().Sum(d => d.ToJsonString().Split("set-by-wiring").Length - 1);
        var targets = wiring.SelectMany(r => r.ListAt("targets")).Sum(t => Base().Count(d => d.Kind() == t.TextAt("select.kind") && (t.TextAt("select.name") is not { } name || d.Name() == name)));
        Assert.Equal(places, targets);
    }

    [Fact]
    public void Ports_are_the_defaults_of_the_programs()
    {
        var silo = Base().Single(d => d.Kind() == "StatefulSet").ListAt("spec.template.spec.containers.0.ports").ToDictionary(p => p.TextAt("name")!, p => p.TextAt("containerPort")!);
        Assert.Equal(Settings.Default("Grid:SiloPort"), double.Parse(silo["silo"], System.Globalization.CultureInfo.InvariantCulture));
        Assert.Contains($"`http://127.0.0.1:{silo["admin"]}`", Tree.Text("docs/configuration.md"), StringComparison.Ordinal);
        Assert.Contains($"Listen \":{silo["ecstream"]}\"", Tree.Text("deploy/kubernetes/base/conf/ecelerity.conf"), StringComparison.Ordinal);
        Assert.Contains($"param listenerPort int = {silo["ecstream"]}\n", Tree.Text("deploy/bicep/main.bicep"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_service_accounts_are_those_that_azure_trusts()
    {
        var federation = Tree.Text("deploy/bicep/modules/federation.bicep");
        var accounts = Base().Where(d => d.Kind() == "ServiceAccount").Select(d => $"'{d.Name()}'");
        Assert.Contains($"[{string.Join(", ", accounts)}]", federation, StringComparison.Ordinal);
        Assert.Contains($"param namespace string = '{Base().Single(d => d.Kind() == "Namespace").Name()}'", Tree.Text("deploy/bicep/main.bicep"), StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string, string?, string> Mutations => new()
    {
        { "StatefulSet", "silo", "spec.template.spec.securityContext.runAsNonRoot", "false", "runAsNonRoot" },
        { "Deployment", "edge", "spec.template.spec.securityContext.runAsUser", "0", "user 1654" },
        { "StatefulSet", "silo", "spec.template.spec.securityContext.seccompProfile", null, "seccomp" },
        { "StatefulSet", "silo", "spec.template.spec.automountServiceAccountToken", null, "token of Kubernetes" },
        { "StatefulSet", "silo", "spec.template.spec.serviceAccountName", "nobody", "service account" },
        { "StatefulSet", "silo", "spec.template.spec.containers.0.securityContext.readOnlyRootFilesystem", "false", "read-only root" },
        { "StatefulSet", "silo", "spec.template.spec.containers.0.securityContext.allowPrivilegeEscalation", null, "privilege" },
        { "StatefulSet", "silo", "spec.template.spec.containers.0.securityContext.capabilities", null, "capabilities" },
        { "Deployment", "edge", "spec.template.spec.containers.0.resources.limits.cpu", "1", "no limit on CPU" },
        { "Deployment", "edge", "spec.template.spec.containers.0.resources.limits.memory", "9Gi", "memory" },
        { "Deployment", "edge", "spec.template.spec.containers.0.resources.requests.cpu", null, "request CPU" },
        { "Deployment", "edge", "spec.template.spec.containers.0.image", "x/ecstream/edge:latest", "latest" },
        { "Deployment", "edge", "spec.template.spec.containers.0.image", "x/ecstream/silo:1", "container's name" },
        { "Deployment", "edge", "spec.template.spec.containers.0.env.0.name", "Grid__Konf", "no setting" },
        { "Deployment", "edge", "spec.template.spec.containers.0.env.0.name", "Grid__Health", "twice" },
        { "StatefulSet", "silo", "spec.template.spec.containers.0.env.5.valueFrom.configMapKeyRef.key", "TENANT", "which has none" },
        { "SecretProviderClass", "silo", "spec.parameters.objects", "array: []", "does not bring" },
        { "StatefulSet", "silo", "spec.template.spec.containers.0.volumeMounts.0.name", "date", "no volume" },
        { "StatefulSet", "silo", "spec.template.spec.affinity", null, "anti-affinity" },
        { "StatefulSet", "silo", "spec.template.spec.topologySpreadConstraints.0.topologyKey", "kubernetes.io/hostname", "zones" },
        { "PodDisruptionBudget", "silo", "spec.maxUnavailable", "2", "budget" },
        { "StatefulSet", "silo", "spec.template.spec.terminationGracePeriodSeconds", "30", "termination grace" },
        { "Deployment", "edge", "spec.template.spec.terminationGracePeriodSeconds", "45", "termination grace" },
        { "Deployment", "edge", "spec.template.spec.containers.0.lifecycle", null, "sleep" },
        { "Deployment", "edge", "spec.template.spec.containers.0.readinessProbe.httpGet.path", "/healthz/live", "readinessProbe" },
        { "Deployment", "edge", "spec.template.spec.containers.0.livenessProbe", null, "livenessProbe" },
        { "StatefulSet", "silo", "spec.template.spec.containers.0.startupProbe.httpGet.port", "healthy", "startupProbe" },
        { "StatefulSet", "silo", "spec.template.spec.containers.0.ports.4.containerPort", "30001", "Grid__GatewayPort" },
        { "StatefulSet", "silo", "spec.template.spec.containers.0.ports.2.containerPort", "8027", "Grid__Health" },
        { "Service", "ecstream", "spec.externalTrafficPolicy", "Cluster", "addresses" },
        { "Service", "ecstream", "spec.ports.0.port", "1826", "that of the container" },
        { "Service", "ecstream", "spec.selector.app", "edges", "no workload" },
        { "Service", "ecstream", "metadata.annotations", null, "idle time-out" },
        { "NetworkPolicy", "default", "spec.podSelector", null, "denies everything" },
        { "NetworkPolicy", "silo", "spec.ingress.0.from.0.podSelector.matchLabels.app", "edge", "11111" },
        { "NetworkPolicy", "silo", "spec.ingress.1.from", null, "30000" },
        { "NetworkPolicy", "silo", "spec.ingress.2.ports", null, "without ports" },
        { "StatefulSet", "silo", "spec.template.spec.containers.0.env.22.value", "2000000000", "leave room" },
    };

    [Theory]
    [InlineData("1", false)]
    [InlineData("2", true)]
    public void With_two_copies_a_spool_has_half_of_its_volume(string copies, bool isTooMuch)
    {
        var documents = Base();
        var env = (JsonArray)documents.Single(d => d.Kind() == "StatefulSet").At("spec.template.spec.containers.0.env")!;
        env.Single(v => v!.TextAt("name") == "Grid__Spool__MaxBytes")!["value"] = "600000000";
        env.Add(new JsonObject { ["name"] = "Grid__Spool__Copies", ["value"] = copies });

        Assert.Equal(isTooMuch, ManifestRules.FindErrors(documents).Exists(error => error.Contains("leave room", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Mutations))]
    public void A_broken_rule_is_found(string kind, string name, string path, string? value, string expected)
    {
        var documents = Base();
        var document = documents.Single(d => d.Kind() == kind && d.Name() == name);
        var cut = path.LastIndexOf('.');
        var parent = document.At(path[..cut]) as JsonObject;
        Assert.NotNull(parent);
        if (value is null)
        {
            Assert.True(parent.Remove(path[(cut + 1)..]), $"{path} was not there");
        }
        else
        {
            parent[path[(cut + 1)..]] = value;
        }

        Assert.Contains(ManifestRules.FindErrors(documents), error => error.Contains(expected, StringComparison.Ordinal));
    }
}
