using System.Globalization;
using System.Text.Json;
using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Cli.Consoles;

/// <summary>How the node is, its sessions, and who is to stay away.</summary>
internal static class OperatorCommands
{
    private const int MostSessions = 10_000;
    private const string Service = "ECStream";

    public static IReadOnlyList<ConsoleEntry> Entries { get; } =
    [
        new("summary", "", "the node's counters since its start", SummaryAsync) { IsQuestion = true },
        new("show inbound", "", "the sessions of all nodes", ShowInboundAsync) { IsQuestion = true },
        new("show suspended", "", "who is suspended, until when and why", ShowSuspendedAsync) { IsQuestion = true },
        new("count", "ECStream PREFIX|BLOCK", "sessions by block of a prefix length (32, /24), or those of a block (10.0.0.0/8)", CountAsync) { IsQuestion = true },
        new("close session", "ID [reason \"…\"]", "end a session; it gets the replies that it is owed first", CloseSessionAsync),
        new("close peer", "BLOCK [reason \"…\"]", "end every session whose peer is in the block", ClosePeerAsync),
        new("suspend", "BLOCK [listen ADDRESS] [until INSTANT] [reason \"…\"]", "put off the mail of the peers in a block; they are told the reason", SuspendAsync)
        {
            Details = "Takes effect at once, also while a transaction is open. Sessions stay open: their messages are answered with Z. 'resume' takes it back.",
        },
        new("resume", "BLOCK [listen ADDRESS] [reason \"…\"]", "take mail of a suspended block again; inside of a suspended block, exempt one", ResumeAsync),
        new("maintenance", "on [NODE] reason \"…\" | off [NODE]", "take a node out of service, or back: not ready, new sessions put off, open ones go on", MaintenanceAsync)
        {
            Details = "Without a NODE the one that is asked. 'ecgrid status' names the nodes. A node that starts again is in service.",
        },
        new("version", "", "of the node and of ecgrid", VersionAsync) { IsQuestion = true },
        new("sysinfo", "", "the machine of the node", SysinfoAsync) { IsQuestion = true },
        new("pid", "", "the number of the node's process", PidAsync) { IsQuestion = true },
        new("module list", "", "the modules", (session, _, _) => Task.FromResult(session.Print("Module: ecstream"))) { IsQuestion = true, NeedsNode = false },
    ];

    private static async Task<int> SummaryAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        if (words.Count > 0)
        {
            return session.Refuse("summary takes no argument: statistics count from the start of the node on");
        }

        if (await StatusAsync(session, cancellationToken) is not { } status)
        {
            return ExitCode.CannotStart;
        }

        var (relay, spool, sessions) = (status.Relay, status.Spool, status.Sessions);
        session.Print("Summary Statistics");
        return Table(session,
        [
            ("Inbound Concurrency", $"{sessions.Active}"),
            ("Active Domains", "0"),
            ("Active Queue Size", $"{Math.Max(0, spool.MessagesWaiting - relay.WaitingForRetry)}"),
            ("Delayed Queue Size", $"{relay.WaitingForRetry}"),
            ("Total Queue Size", $"{spool.MessagesWaiting}"),
            ("DNS A Queries", "0"),
            ("DNS AAAA Queries", "0"),
            ("DNS MX Queries", "0"),
            ("Successfully Delivered Messages", $"{relay.Delivered}"),
            ("Failed Messages", $"{relay.Failed}"),
            ("Transient Failures", $"{relay.Deferred}"),
            ("Rejected Messages", $"{sessions.MessagesRejected}"),
            ("Received Messages", $"{sessions.MessagesAccepted}"),
            ("Delivery Rate", Rate(relay.Delivered, status.UptimeSeconds)),
            ("Reception Rate", Rate(sessions.MessagesAccepted, status.UptimeSeconds)),
            ("Uptime", string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(status.UptimeSeconds)} seconds")),
        ]);
    }

    private static async Task<int> ShowInboundAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        if (words.Count > 0)
        {
            return session.Refuse("show inbound takes no argument; 'count ECStream BLOCK' is about a block");
        }

        var asked = await session.Policy.GetAsync($"api/v1/sessions?limit={MostSessions}", AdminJson.Default.SessionListing, cancellationToken);
        if (asked.Value is not { } listing)
        {
            return session.Refuse(asked);
        }

        SayMissing(session, listing.Missing);
        var now = session.Host.TimeProvider.GetUtcNow();
        foreach (var (index, one) in listing.Sessions.Index())
        {
            var family = one.Peer.Contains(':', StringComparison.Ordinal) ? "IPv6" : one.Peer.Contains('.', StringComparison.Ordinal) ? "IPv4" : "local";
            var silence = Math.Max(0, (now - one.LastActivity).TotalSeconds);
            session.Print(string.Create(
                CultureInfo.InvariantCulture, $"{index + 1}: [inbound/ecstream] {family} {one.Peer} on {one.Listen} {one.State}: {one.Detail} (for {silence:0.000}s)  [{one.Id}]"));
        }

        return listing.Truncated ? session.Print("… and more") : listing.Sessions.Count == 0 ? session.Print("0 sessions") : ExitCode.Success;
    }

    private static async Task<int> ShowSuspendedAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        if (words.Count > 0)
        {
            return session.Refuse("show suspended takes no argument");
        }

        var asked = await session.Policy.OverridesAsync(cancellationToken);
        if (asked.Value is not { } overrides)
        {
            return session.Refuse(asked);
        }

        var said = overrides.Entries.Where(e => e.Value.Suspended is not null).OrderBy(e => e.Key, PeerScope.Order).ToList();
        foreach (var (scope, value) in said)
        {
            session.Print($"{scope} {value.Settings()[^1].Value}");
        }

        return said.Count == 0 ? session.Print("Nobody is suspended.") : ExitCode.Success;
    }

    private static async Task<int> CountAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        if (words.Count != 2 || words[0] != Service)
        {
            return session.Refuse(words.Count == 2 ? $"count {words[0]}: no such service; there is {Service}, and its case counts" : $"count: expected {Service} and a prefix length or a block");
        }

        var prefixText = words[1].TrimStart('/');
        var isPrefix = int.TryParse(prefixText, NumberStyles.None, CultureInfo.InvariantCulture, out var prefix);
        if (isPrefix ? prefix > 128 : !CidrBlock.TryParse(words[1], out _))
        {
            return session.Refuse($"count {Service} {words[1]}: expected a prefix length from 0 to 128, or a block such as 10.0.0.0/8");
        }

        var asked = await session.Policy.GetAsync(
            isPrefix ? $"api/v1/sessions/count?prefix={prefix}" : $"api/v1/sessions/count?cidr={Uri.EscapeDataString(words[1])}", AdminJson.Default.SessionCount, cancellationToken);
        if (asked.Value is not { } count)
        {
            return session.Refuse(asked);
        }

        SayMissing(session, count.Missing);
        if (!isPrefix)
        {
            return session.Print($"{count.Sessions} sessions");
        }

        session.Print($"Displaying '{Service}' from /{prefix} to /{prefix}");
        foreach (var group in count.Groups ?? [])
        {
            session.Print($"{group.Sessions,8} {group.Block}");
        }

        return count.Truncated ? session.Print("… and more") : ExitCode.Success;
    }

    private static async Task<int> CloseSessionAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        if (!TryReadReason(session, words, out var reason, out var error))
        {
            return session.Refuse(error);
        }

        return Closed(session, await session.Policy.SendAsync(
            HttpMethod.Delete, $"api/v1/sessions/{Uri.EscapeDataString(words[0])}?reason={Uri.EscapeDataString(reason)}", null, AdminJson.Default.CloseReport, cancellationToken));
    }

    private static async Task<int> ClosePeerAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        if (!TryReadReason(session, words, out var reason, out var error))
        {
            return session.Refuse(error);
        }

        var body = JsonSerializer.Serialize(new CloseRequest(words[0], reason), AdminJson.Default.CloseRequest);
        return Closed(session, await session.Policy.SendAsync(HttpMethod.Post, "api/v1/sessions/close", body, AdminJson.Default.CloseReport, cancellationToken));
    }

    private static int Closed(ConsoleSession session, Asked<CloseReport> asked)
    {
        if (asked.Value is not { } report)
        {
            return session.Refuse(asked);
        }

        SayMissing(session, report.Missing);
        var words = report.Closed == 1 ? "1 session closed" : $"{report.Closed} sessions closed";
        return report.Closed == 0 || report.Missing.Count > 0 ? session.PrintNot(words) : session.Print(words);
    }

    /// <summary>An answer without some nodes' part is no whole one.</summary>
    internal static void SayMissing(ConsoleSession session, IReadOnlyList<string> nodes)
    {
        foreach (var node in nodes)
        {
            session.Print($"WITHOUT {node}, which does not answer.");
        }
    }

    private static async Task<int> SuspendAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        if (!Trailing.TryReadScope(words, session.Host.TimeProvider, ["until", "reason"], out var scope, out var trailing, out var error))
        {
            return session.Refuse(error);
        }

        var made = await session.Policy.SuspendAsync(scope, trailing.Reason ?? "suspended by an operator", trailing.Until, cancellationToken);
        return Changed(session, made, $"\"{scope}\" is suspended{(trailing.Until is { } until ? $" until {Instants.Print(until)}" : "")}.", "Suspend");
    }

    private static async Task<int> ResumeAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken) =>
        Trailing.TryReadScope(words, session.Host.TimeProvider, ["reason"], out var scope, out var trailing, out var error)
            ? Changed(session, await session.Policy.ResumeAsync(scope, trailing.Reason, cancellationToken), $"\"{scope}\" is not suspended.", "Resume")
            : session.Refuse(error);

    private static int Changed(ConsoleSession session, Asked<PolicyWriteReport> made, string done, string what)
    {
        if (made.Value is not { } report)
        {
            return PolicyCommands.NotMade(session, what, made);
        }

        session.Print(done);
        return session.Print(PolicyCommands.Spread(report));
    }

    private static async Task<int> MaintenanceAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        if (words.Count == 0 || words[0] is not ("on" or "off"))
        {
            return session.Refuse("maintenance: expected on or off");
        }

        var node = words.Count > 1 && words[1] != "reason" ? words[1] : null;
        if (!Trailing.TryRead([.. words.Skip(node is null ? 1 : 2)], session.Host.TimeProvider, ["reason"], out var trailing, out var error))
        {
            return session.Refuse(error);
        }

        var body = JsonSerializer.Serialize(new MaintenanceRequest(node, words[0] == "on", trailing.Reason), AdminJson.Default.MaintenanceRequest);
        var asked = await session.Policy.SendAsync(HttpMethod.Post, "api/v1/maintenance", body, AdminJson.Default.MaintenanceReport, cancellationToken);
        return asked.Value is { } report ? session.Print($"{report.Node} is {(report.On ? "in maintenance" : "in service")}.") : session.Refuse(asked);
    }

    private static async Task<int> VersionAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken) =>
        await StatusAsync(session, cancellationToken) is { } status
            ? session.Print($"ecstream version: {status.Version}\necgrid version: {GeneralCommands.Version}")
            : ExitCode.CannotStart;

    private static async Task<int> SysinfoAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken) =>
        await StatusAsync(session, cancellationToken) is not { } status ? ExitCode.CannotStart
        : status.Process is not { } process ? session.PrintNot("The node does not tell: it is older than this ecgrid.")
        : Table(session,
        [
            ("Node", status.Node),
            ("Operating System", process.System),
            ("Runtime", process.Runtime),
            ("CPUs", $"{process.Cores}"),
            ("Process", $"{process.Pid}"),
            ("Memory in Use", $"{process.MemoryBytes} bytes"),
            ("Memory Limit", $"{process.MemoryLimitBytes} bytes"),
        ]);

    private static async Task<int> PidAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken) =>
        await StatusAsync(session, cancellationToken) is not { } status ? ExitCode.CannotStart
        : status.Process is { } process ? session.Print($"{process.Pid}")
        : session.PrintNot("The node does not tell: it is older than this ecgrid.");

    private static async Task<StatusReport?> StatusAsync(ConsoleSession session, CancellationToken cancellationToken)
    {
        var asked = await session.Policy.GetAsync("api/v1/status", AdminJson.Default.StatusReport, cancellationToken);
        if (asked.Value is null)
        {
            session.Refuse(asked);
        }

        return asked.Value;
    }

    private static int Table(ConsoleSession session, IReadOnlyList<(string Label, string Value)> lines)
    {
        var width = lines.Max(line => line.Label.Length);
        return session.Print(string.Join('\n', lines.Select(line => $"{line.Label.PadLeft(width)}: {line.Value}")));
    }

    private static string Rate(long messages, double seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{(seconds > 0 ? messages / seconds : 0):0.00} messages/second");

    private static bool TryReadReason(ConsoleSession session, IReadOnlyList<string> words, out string reason, out string error)
    {
        (reason, error) = ("no reason given", "expected whose session, and perhaps a reason");
        if (words.Count == 0)
        {
            return false;
        }

        // The word 'reason' may be left out where nothing else can follow.
        string[] rest = words.Count == 2 ? ["reason", words[1]] : [.. words.Skip(1)];
        if (!Trailing.TryRead(rest, session.Host.TimeProvider, ["reason"], out var trailing, out var wrong))
        {
            error = wrong;
            return false;
        }

        reason = trailing.Reason ?? reason;
        return true;
    }
}
