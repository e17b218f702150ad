namespace EcStreamOrleans.Cli.Consoles;

/// <summary>Commands of Momentum's console that have nothing to work on here: whoever types one is told why, and what there is instead.</summary>
internal static class MomentumCommands
{
    private const string Queues = "there are no queues by domain here; mail waits in the spool: 'ecgrid status' counts it, 'ecgrid spool list' shows it";
    private const string Dns = "no DNS is asked here; mail goes to the Gateway of the configuration";
    private const string Bindings = "there are no bindings here; mail goes to the Gateway of the configuration";
    private const string Cluster = "every change of policy reaches all nodes by itself, and --admin names the node that a command asks";
    private const string Metrics = "counters are metrics here: GET /metrics of the admin API";
    private const string Logs = "the log goes to standard output, and the reception log is opened anew for every group of lines";

    private static readonly Dictionary<string, string> Sentences = new(StringComparer.OrdinalIgnoreCase)
    {
        ["active"] = Queues,
        ["delayed"] = Queues,
        ["domain"] = Queues,
        ["fail"] = Queues,
        ["flush"] = Queues,
        ["mailq"] = Queues,
        ["message"] = Queues,
        ["messages"] = Queues,
        ["showqueue"] = Queues,
        ["dig"] = Dns,
        ["dns"] = Dns,
        ["dns_cache"] = Dns,
        ["binding"] = Bindings,
        ["binding_group"] = Bindings,
        ["broadcast"] = Cluster,
        ["cluster"] = Cluster,
        ["counter"] = Metrics,
        ["inbound_audit"] = Metrics,
        ["memory"] = Metrics,
        ["outbound_audit"] = Metrics,
        ["threads"] = Metrics,
        ["paniclog"] = Logs,
        ["reopen"] = Logs,
        ["authz"] = "who may do what is in the key file of the node (Grid:AdminKeys) or in Microsoft Entra ID",
        ["shutdown"] = "SIGTERM ends a node in order: it drains first",
        ["tls"] = "a certificate that has changed counts from 'config reload' on",
        ["trace"] = "nothing is traced here; the log of a node names peer and reason of whatever it refuses",
        ["xml"] = "the admin API answers as JSON: GET /openapi/v1.json describes it",
    };

    /// <summary>Why a command of Momentum's is not here, or null if it is none.</summary>
    public static string? Explain(IReadOnlyList<string> words) =>
        words.Count > 0 && Sentences.TryGetValue(words[0], out var sentence) ? $"{words[0]}: {sentence}"
        : words.Count > 1 && (words[0], words[1]) is var (first, second)
            && first.Equals("show", StringComparison.OrdinalIgnoreCase) && second.Equals("outbound", StringComparison.OrdinalIgnoreCase) ? "show outbound: 'ecgrid status' shows the relay"
        : words.Count > 1 && words[0].Equals("summary", StringComparison.OrdinalIgnoreCase) ? $"summary {words[1]}: statistics count from the start of the node on"
        : null;
}
