using System.Globalization;

namespace EcStreamOrleans.Deploy.Tests;

/// <summary>What must hold for a set of manifests. Every error is a sentence.</summary>
internal sealed class ManifestRules
{
    private const string User = "1654";
    private const string SecretsDirectory = "/run/secrets/ecstream/";

    private readonly List<string> _errors = [];
    private readonly IReadOnlyList<JsonNode> _all;

    private ManifestRules(IReadOnlyList<JsonNode> all) => _all = all;

    public static List<string> FindErrors(IReadOnlyList<JsonNode> documents)
    {
        var rules = new ManifestRules(documents);
        foreach (var workload in rules.Of("StatefulSet", "Deployment", "Pod"))
        {
            rules.CheckPod(workload, workload.Kind() == "Pod" ? workload : workload.At("spec.template")!);
        }

        foreach (var workload in rules.Of("StatefulSet", "Deployment"))
        {
            rules.CheckServer(workload, workload.At("spec.template")!);
        }

        rules.CheckServices();
        rules.CheckNetwork();
        rules.CheckSpool();
        return rules._errors;
    }

    private IEnumerable<JsonNode> Of(params string[] kinds) => _all.Where(d => kinds.Contains(d.Kind()));

    private JsonNode? Find(string kind, string? name) => Of(kind).SingleOrDefault(d => d.Name() == name);

    private void Check(bool holds, JsonNode of, string rule)
    {
        if (!holds)
        {
            _errors.Add($"{of.Kind()}/{of.Name()}: {rule}");
        }
    }

    /// <summary>What holds for every pod, whatever runs in it.</summary>
    private void CheckPod(JsonNode workload, JsonNode pod)
    {
        Check(pod.TextAt("spec.securityContext.runAsNonRoot") == "true", workload, "must have runAsNonRoot");
        Check(pod.TextAt("spec.securityContext.runAsUser") == User, workload, "must run as the images' user " + User);
        Check(pod.TextAt("spec.securityContext.seccompProfile.type") == "RuntimeDefault", workload, "must have seccomp RuntimeDefault");
        Check(pod.TextAt("spec.automountServiceAccountToken") == "false", workload, "must not mount a token of Kubernetes");
        Check(_all.Count == 1 || Find("ServiceAccount", pod.TextAt("spec.serviceAccountName")) is not null, workload, "its service account does not exist");
        Check(pod.TextAt("metadata.labels.app") is { } app && app == pod.TextAt("spec.serviceAccountName"), workload, "its label app must be its service account");
        foreach (var container in pod.ListAt("spec.containers"))
        {
            CheckContainer(workload, pod, container);
        }
    }

    private void CheckContainer(JsonNode workload, JsonNode pod, JsonNode container)
    {
        Check(container.TextAt("securityContext.allowPrivilegeEscalation") == "false", workload, "must not allow privilege escalation");
        Check(container.TextAt("securityContext.readOnlyRootFilesystem") == "true", workload, "must have a read-only root");
        Check(container.ListAt("securityContext.capabilities.drop").Any(c => c.GetValue<string>() == "ALL"), workload, "must drop all capabilities");
        Check(container.TextAt("resources.requests.cpu") is not null, workload, "must request CPU");
        Check(container.At("resources.limits.cpu") is null, workload, "must have no limit on CPU");
        Check(container.TextAt("resources.limits.memory") is { } memory && memory == container.TextAt("resources.requests.memory"), workload, "its memory must be limited to what is requested");

        var image = container.TextAt("image") ?? string.Empty;
        Check(!image.EndsWith(":latest", StringComparison.Ordinal) && (image.Contains(':', StringComparison.Ordinal) || image == "IMAGE"), workload, "its image must have a tag other than latest");
        Check(image == "IMAGE" || image.Split(':', '@')[0].EndsWith("ecstream/" + container.TextAt("name"), StringComparison.Ordinal), workload, "its image must be ecstream/ and the container's name");

        var volumes = pod.ListAt("spec.volumes").Concat(workload.ListAt("spec.volumeClaimTemplates").Select(c => c.At("metadata")!)).Select(v => v.TextAt("name")).ToHashSet();
        foreach (var mount in container.ListAt("volumeMounts"))
        {
            Check(volumes.Contains(mount.TextAt("name")), workload, $"mounts {mount.TextAt("name")}, which is no volume");
        }

        var names = new HashSet<string>();
        foreach (var variable in container.ListAt("env"))
        {
            var name = variable.TextAt("name")!;
            Check(names.Add(name), workload, $"sets {name} twice");
            Check(!name.StartsWith("Grid__", StringComparison.Ordinal) || Settings.Exists(Settings.Of(name)), workload, $"sets {name}, which is no setting");
            CheckReference(workload, variable);
            CheckSecret(workload, pod, variable.TextAt("value"));
        }
    }

    private void CheckReference(JsonNode workload, JsonNode variable)
    {
        if (variable.TextAt("valueFrom.configMapKeyRef.key") is { } key)
        {
            var name = variable.TextAt("valueFrom.configMapKeyRef.name")!;
            Check(Region(name)?.ContainsKey(key) == true, workload, $"takes {key} of {name}, which has none");
        }
    }

    /// <summary>The region's values: of the ConfigMap where the overlay is rendered, of a sample where the base is looked at.</summary>
    private JsonObject? Region(string name) => Find("ConfigMap", name)?["data"] as JsonObject
        ?? (name == "region" ? RegionEnv.Read("small-westeurope") : null);

    private void CheckSecret(JsonNode workload, JsonNode pod, string? value)
    {
        if (value?.StartsWith(SecretsDirectory, StringComparison.Ordinal) == true && _all.Count > 1)
        {
            var provider = pod.ListAt("spec.volumes").Select(v => v.TextAt("csi.volumeAttributes.secretProviderClass")).SingleOrDefault(c => c is not null);
            var objects = Find("SecretProviderClass", provider)?.TextAt("spec.parameters.objects") ?? string.Empty;
            Check(objects.Contains("objectAlias: " + value[SecretsDirectory.Length..] + "\n", StringComparison.Ordinal), workload, $"reads {value}, which its SecretProviderClass does not bring");
        }
    }

    /// <summary>What holds for what serves: spread, probes, budget, stop, ports.</summary>
    private void CheckServer(JsonNode workload, JsonNode pod)
    {
        var app = pod.TextAt("metadata.labels.app");
        Check(workload.TextAt("spec.selector.matchLabels.app") == app, workload, "must select its own pods");
        Check(
            pod.ListAt("spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution").Any(rule => rule.TextAt("topologyKey") == "kubernetes.io/hostname" && rule.TextAt("labelSelector.matchLabels.app") == app),
            workload,
            "must have one pod a machine (anti-affinity)");
        Check(
            pod.ListAt("spec.topologySpreadConstraints").Any(rule => rule.TextAt("topologyKey") == "topology.kubernetes.io/zone" && rule.TextAt("maxSkew") == "1" && rule.TextAt("labelSelector.matchLabels.app") == app),
            workload,
            "must spread over zones");
        Check(Of("PodDisruptionBudget").Any(b => b.TextAt("spec.selector.matchLabels.app") == app && b.TextAt("spec.maxUnavailable") == "1"), workload, "must have a disruption budget of one");

        var container = pod.At("spec.containers.0")!;
        var sleep = double.Parse(container.TextAt("lifecycle.preStop.sleep.seconds") ?? "0", CultureInfo.InvariantCulture);
        var grace = double.Parse(pod.TextAt("spec.terminationGracePeriodSeconds") ?? "30", CultureInfo.InvariantCulture);
        Check(grace > sleep + Settings.StopSeconds, workload, $"its termination grace of {grace} s must be above {sleep + Settings.StopSeconds} s, which a stop may take");
        Check(app != "edge" || sleep >= 10, workload, "must sleep before it stops, until the load balancer knows");

        var ports = container.ListAt("ports").ToDictionary(p => p.TextAt("name")!, p => p.TextAt("containerPort")!);
        foreach (var (probe, path) in new[] { ("startupProbe", "/healthz/live"), ("livenessProbe", "/healthz/live"), ("readinessProbe", "/healthz/ready") })
        {
            Check(container.TextAt(probe + ".httpGet.path") == path, workload, $"its {probe} must ask {path}");
            Check(container.TextAt(probe + ".httpGet.port") is { } port && ports.ContainsKey(port), workload, $"its {probe} must ask a port that it has");
        }

        CheckPort("Grid__Health", "health");
        CheckPort("Grid__Admin", "admin");
        CheckPort("Grid__SiloPort", "silo");
        CheckPort("Grid__GatewayPort", "gateway");

        void CheckPort(string setting, string name)
        {
            var value = container.ListAt("env").FirstOrDefault(v => v.TextAt("name") == setting)?.TextAt("value");
            var port = Uri.TryCreate(value, UriKind.Absolute, out var url) ? url.Port.ToString(CultureInfo.InvariantCulture) : value;
            Check(port == ports.GetValueOrDefault(name), workload, $"{setting} is {value ?? "not set"}, and its port {name} is {ports.GetValueOrDefault(name) ?? "none"}");
        }
    }

    private void CheckServices()
    {
        foreach (var service in Of("Service"))
        {
            var app = service.TextAt("spec.selector.app");
            var target = Of("StatefulSet", "Deployment").SingleOrDefault(w => w.TextAt("spec.template.metadata.labels.app") == app);
            Check(target is not null, service, "leads to no workload");
            foreach (var port in service.ListAt("spec.ports"))
            {
                var there = target.ListAt("spec.template.spec.containers.0.ports").SingleOrDefault(p => p.TextAt("name") == port.TextAt("targetPort"));
                Check(there?.TextAt("containerPort") == port.TextAt("port"), service, $"its port {port.TextAt("name")} must be that of the container");
            }

            if (service.TextAt("spec.type") == "LoadBalancer")
            {
                Check(service.TextAt("spec.externalTrafficPolicy") == "Local", service, "must keep the clients' addresses (externalTrafficPolicy: Local)");
                var minutes = double.Parse((service.At("metadata.annotations") as JsonObject)?["service.beta.kubernetes.io/azure-load-balancer-tcp-idle-timeout"]?.GetValue<string>() ?? "4", CultureInfo.InvariantCulture);
                Check(minutes * 60 > ConfTests.IdleTime, service, $"its idle time-out of {minutes} min must be above ECStream_Idle_Time, {ConfTests.IdleTime} s");
            }
        }
    }

    private void CheckNetwork()
    {
        var policies = Of("NetworkPolicy").ToList();
        if (Of("StatefulSet").Any())
        {
            Check(
                policies.Any(p => p.At("spec.podSelector") is JsonObject { Count: 0 } && p.ListAt("spec.policyTypes").Count() == 2 && p.At("spec.ingress") is null && p.At("spec.egress") is null),
                Of("StatefulSet").First(),
                "there must be a policy that denies everything else");
        }

        var allowed = new Dictionary<string, string[]> { ["11111"] = ["silo"], ["30000"] = ["silo", "edge"], ["8025"] = ["ecgrid"] };
        foreach (var policy in policies)
        {
            foreach (var rule in policy.ListAt("spec.ingress"))
            {
                foreach (var port in rule.ListAt("ports").Select(p => p.TextAt("port")!).Where(allowed.ContainsKey))
                {
                    var from = rule.ListAt("from").Select(f => f.At("namespaceSelector") is null ? f.TextAt("podSelector.matchLabels.app") ?? "anybody" : "anybody").ToList();
                    Check(from.Count > 0 && from.All(allowed[port].Contains), policy, $"port {port} must be open to {string.Join(" and ", allowed[port])} alone");
                }

                Check(rule.ListAt("ports").Any(), policy, "a rule without ports opens all");
            }
        }
    }

    private void CheckSpool()
    {
        foreach (var silo in Of("StatefulSet"))
        {
            var max = silo.ListAt("spec.template.spec.containers.0.env").SingleOrDefault(v => v.TextAt("name") == "Grid__Spool__MaxBytes")?.TextAt("value");
            var volume = silo.TextAt("spec.volumeClaimTemplates.0.spec.resources.requests.storage") ?? string.Empty;
            if (max == "set-by-size")
            {
                continue;
            }

            var bytes = double.Parse(volume[..^2], CultureInfo.InvariantCulture) * (volume.EndsWith("Ti", StringComparison.Ordinal) ? 1099511627776 : 1073741824);
            // Copies of another silo's mail take as much again.
            var copies = int.Parse(silo.ListAt("spec.template.spec.containers.0.env").SingleOrDefault(v => v.TextAt("name") == "Grid__Spool__Copies")?.TextAt("value") ?? "1", CultureInfo.InvariantCulture);
            Check(copies * double.Parse(max!, CultureInfo.InvariantCulture) < bytes * 0.95, silo, $"Grid__Spool__MaxBytes {max} must leave room on a volume of {volume}");
            Check(silo.TextAt("spec.volumeClaimTemplates.0.spec.storageClassName") is { } name && Find("StorageClass", name) is { } storage && storage.TextAt("reclaimPolicy") == "Retain", silo, "its volume must be of a class that is there and retains");
            Check(silo.TextAt("spec.persistentVolumeClaimRetentionPolicy.whenScaled") == "Retain", silo, "its volumes must outlive it");
        }
    }
}
