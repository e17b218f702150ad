using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Cli.Consoles;

/// <summary>Setting and unsetting options of Peer scopes while the grid runs.</summary>
internal static class PolicyCommands
{
    private const string FileIsThePlace =
        $"while the grid runs {PolicyText.IdleTime} and {PolicyText.MaxBatchSize} can be set, in a Peer scope (ECStream_Listener [Listen ADDRESS] Peer BLOCK); the place of everything else is the file: edit it, then 'config reload'";

    private const int MostPeers = 50;

    public static IReadOnlyList<ConsoleEntry> Entries { get; } =
    [
        new("config set", "ECStream_Listener [Listen ADDRESS] Peer BLOCK OPTION [=] VALUE [until INSTANT] [reason \"…\"]", "set an option of a Peer scope", SetAsync)
        {
            TakesScopes = true,
            Details = $"""
                OPTION is {PolicyText.IdleTime} or {PolicyText.MaxBatchSize}. It takes effect at once, on every node and for open sessions too, and stays
                over a restart; in a transaction, with the commit.
                An INSTANT is 2026-01-31T18:00:00Z, 18:00 (the next such local time), or +30m, +2h, +1d from now.
                """,
        },
        new("config unset", "ECStream_Listener [Listen ADDRESS] Peer BLOCK [OPTION] [reason \"…\"]", "take back what was set there, without OPTION both", UnsetAsync) { TakesScopes = true },
        new("config try", "[set|unset ECStream_Listener [Listen ADDRESS] Peer BLOCK …]", "what a change would have done to the traffic of the last hours", TryAsync)
        {
            IsQuestion = true,
            Details = "Changes nothing. Without a change, in a transaction, it tries the transaction. Of its batches the node remembers peer, sizes and times (Grid:Facts).",
        },
    ];

    /// <summary>The option of that name, if it is one of the two.</summary>
    public static OptionDefinition? FindOption(string name) => OptionDefinitions.Find(name) is { Name: PolicyText.IdleTime or PolicyText.MaxBatchSize } option ? option : null;

    /// <summary>How far a change has come, as the line behind what was echoed.</summary>
    public static string Spread(PolicyWriteReport report) =>
        report.Entry is { } entry ? $"# version {entry.Version}; {report.Spread.Summary}" : "# nothing changed: it is so already";

    /// <summary>Why a change was not made: another was quicker, or the node has refused it.</summary>
    public static int NotMade(ConsoleSession session, string what, Asked<PolicyWriteReport> asked) => asked.Answer.Problem switch
    {
        { Conflict: { } entry } => session.PrintNot($"{what} failed: {Conflict(entry)}"),
        { Present: { Actor: { } actor, Instant: { } instant } present } => session.PrintNot(
            $"{what} failed: configuration changed by another session (version {present.Version} by {actor} at {Instants.Print(instant)}{(present.Reason is { Length: > 0 } reason ? $": {reason}" : "")})."),
        { Present: { } present } => session.PrintNot($"{what} failed: configuration changed by another session (version {present.Version})."),
        _ => session.Refuse(asked),
    };

    public static string Conflict(PolicyLogEntry entry) =>
        $"configuration changed by another session (version {entry.Version} by {entry.Actor} at {Instants.Print(entry.Instant)}: {PolicyText.Describe(entry)}).";

    private static async Task<int> SetAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        if (!TryReadScope(words, out var scope, out var rest, out var error))
        {
            return session.Refuse(error);
        }

        if (!TryReadValue(rest, out var option, out var value, out rest, out error)
            || !Trailing.TryRead(rest, session.Host.TimeProvider, ["until", "reason"], out var trailing, out error))
        {
            return session.Refuse(error);
        }

        if (session.Transaction is { } transaction)
        {
            var here = With(transaction.Overrides.Get(scope), option, value, trailing.Until);
            transaction.Add(scope, here, Command("set", scope, [option.Name, "=", $"{value}"], trailing), trailing.Reason);
            return session.Print($"{option.Name} = {value}");
        }

        var seen = await session.Policy.ScopeAsync(scope, cancellationToken);
        if (seen.Value is not { } present)
        {
            return session.Refuse(seen);
        }

        var made = await session.Policy.SetAsync(scope, present.Version, option.Name, value, trailing.Until, trailing.Reason, cancellationToken);
        if (made.Value is not { } report)
        {
            return NotMade(session, "Set", made);
        }

        session.Print($"{option.Name} = {value}");
        return session.Print((trailing.Until is { } until ? $"# until {Instants.Print(until)}\n" : "") + Spread(report));
    }

    private static async Task<int> UnsetAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        if (!TryReadScope(words, out var scope, out var rest, out var error))
        {
            return session.Refuse(error);
        }

        OptionDefinition? option = null;
        if (rest.Count > 0 && !rest[0].Equals("reason", StringComparison.OrdinalIgnoreCase))
        {
            option = FindOption(rest[0]);
            if (option is null)
            {
                return session.Refuse($"'{rest[0]}': {FileIsThePlace}");
            }

            rest = [.. rest.Skip(1)];
        }

        if (!Trailing.TryRead(rest, session.Host.TimeProvider, ["reason"], out var trailing, out error))
        {
            return session.Refuse(error);
        }

        if (await session.LiveAsync(ignoresTransaction: false, cancellationToken) is not { } live)
        {
            return ExitCode.CannotStart;
        }

        string[] names = option is null ? [PolicyText.IdleTime, PolicyText.MaxBatchSize] : [option.Name];
        var here = live.Overrides.Get(scope);
        if (!here.Settings().Any(s => s.Value is not null && names.Contains(s.Name)))
        {
            return session.PrintNot(NothingToUnset(live, scope, option));
        }

        string? spread = null;
        if (session.Transaction is { } transaction)
        {
            transaction.Add(scope, With(here, option, null, null), Command("unset", scope, option is null ? [] : [option.Name], trailing), trailing.Reason);
        }
        else
        {
            var seen = await session.Policy.ScopeAsync(scope, cancellationToken);
            if (seen.Value is not { } present)
            {
                return session.Refuse(seen);
            }

            var made = option is null
                ? await session.Policy.ClearAsync(scope, present.Version, trailing.Reason, cancellationToken)
                : await session.Policy.SetAsync(scope, present.Version, option.Name, null, null, trailing.Reason, cancellationToken);
            if (made.Value is not { } report)
            {
                return NotMade(session, "Unset", made);
            }

            spread = Spread(report);
        }

        if (await session.LiveAsync(ignoresTransaction: false, cancellationToken) is not { } after)
        {
            return ExitCode.CannotStart;
        }

        session.Print(option is null
            ? $"\"{scope}\" has been unset. Effective values are now:"
            : $"\"{option.Name}\" has been unset. Effective value is now:");
        foreach (var name in names)
        {
            session.Print($"        {after.View.Eval([.. Words(scope), name]).Setting}");
        }

        return spread is null ? ExitCode.Success : session.Print(spread);
    }

    private static async Task<int> TryAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        List<ChangeRequest> changes;
        if (words.Count > 0)
        {
            if (!TryReadChange([.. words.Skip(1)], words[0], out var scope, out var option, out var value, out var error))
            {
                return session.Refuse(error);
            }

            var asked = await session.Policy.OverridesAsync(cancellationToken);
            if (asked.Value is not { } present)
            {
                return session.Refuse(asked);
            }

            changes = [Transaction.Of(scope, With((session.Transaction?.Overrides ?? present).Get(scope), option, value, null))];
        }
        else if (session.Transaction is { } transaction)
        {
            changes = transaction.Changes(session.Host.TimeProvider.GetUtcNow());
            if (changes.Count == 0)
            {
                return session.PrintNot("The transaction changes nothing.");
            }
        }
        else
        {
            return session.Refuse("config try: expected a change, as in 'config try set ECStream_Listener Peer 10.0.0.0/16 ECStream_Idle_Time 60', or an open transaction");
        }

        var tried = await session.Policy.TryAsync(changes, cancellationToken);
        if (tried.Value is not { } report)
        {
            return session.Refuse(tried);
        }

        OperatorCommands.SayMissing(session, report.Missing);
        session.Print(report.Summary);
        foreach (var peer in report.Peers.Take(MostPeers))
        {
            session.Print($"    {peer.Peer}: of {peer.Batches} batches {peer.BatchesSmaller} smaller, {peer.BatchesLarger} perhaps larger; sessions {peer.SessionsClosedEarlier} closed earlier, {peer.SessionsKeptLonger} kept longer; {peer.MessagesRefused} messages put off");
        }

        return session.Print(report.Since is { } since ? $"# {report.Remembered} batches and ends of sessions are remembered, since {Instants.Print(since)}" : "# nothing is remembered yet");
    }

    private static bool TryReadChange(
        IReadOnlyList<string> words, string verb, out PeerScope scope, out OptionDefinition? option, out int? value, [NotNullWhen(false)] out string? error)
    {
        (option, value) = (null, null);
        var (isSet, isUnset) = (Is(verb, "set"), Is(verb, "unset"));
        if (!TryReadScope(isSet || isUnset ? words : [], out scope, out var rest, out error))
        {
            error = isSet || isUnset ? error : $"config try '{verb}': expected set or unset";
            return false;
        }

        if (isSet && TryReadValue(rest, out option, out var number, out rest, out error) && rest.Count == 0)
        {
            value = number;
            return true;
        }

        if (isUnset && rest.Count < 2 && (rest.Count == 0 || (option = FindOption(rest[0])) is not null))
        {
            return true;
        }

        error ??= $"config try: '{string.Join(' ', rest)}' is not expected there";
        return false;
    }

    private static PeerOverride With(PeerOverride here, OptionDefinition? option, int? value, DateTimeOffset? until) => option?.Name switch
    {
        null => here.WithoutOptions(),
        PolicyText.IdleTime => here with { IdleTime = value is { } seconds ? TimeSpan.FromSeconds(seconds) : null, IdleTimeUntil = until },
        _ => here with { MaxBatchSize = value, MaxBatchSizeUntil = until },
    };

    private static string NothingToUnset(LiveConfig live, PeerScope scope, OptionDefinition? option) =>
        option is not null && new ConfigView(live.Document).Get([.. Words(scope), option.Name]).Kind == ConfigAnswerKind.Found
            ? $"Option '{option.Name}' in scope '{scope}' is set by the file: edit it, then 'config reload'."
            : option is not null ? $"Option '{option.Name}' is not set in scope '{scope}'."
            : $"Nothing is set in scope '{scope}' while the grid runs.";

    private static string[] Words(PeerScope scope) =>
        scope.Listen.Length == 0 ? ["ECStream_Listener", "Peer", $"{scope.Block}"] : ["ECStream_Listener", "Listen", scope.Listen, "Peer", $"{scope.Block}"];

    // With the instant that was meant: typed again tomorrow, it means the same.
    private static string Command(string verb, PeerScope scope, string[] option, Trailing trailing) => ConsoleWords.Join(
    [
        "config", verb, .. Words(scope), .. option,
        .. trailing.Until is { } until ? ["until", Instants.Print(until)] : (string[])[],
        .. trailing.Reason is { } reason ? ["reason", reason] : (string[])[],
    ]);

    private static bool TryReadScope(IReadOnlyList<string> words, out PeerScope scope, out IReadOnlyList<string> rest, [NotNullWhen(false)] out string? error)
    {
        (scope, rest) = (default, []);
        var place = words.Count > 2 && Is(words[1], "Listen") ? 3 : 1;
        if (words.Count < place + 2 || !Is(words[0], "ECStream_Listener") || !Is(words[place], "Peer"))
        {
            error = FileIsThePlace;
            return false;
        }

        rest = [.. words.Skip(place + 2)];
        return PeerScope.TryParse(place == 3 ? words[2] : null, words[place + 1], out scope, out error);
    }

    // The sign of equality may stand alone, at either word, or not at all.
    private static bool TryReadValue(
        IReadOnlyList<string> words, [NotNullWhen(true)] out OptionDefinition? option, out int value, out IReadOnlyList<string> rest, [NotNullWhen(false)] out string? error)
    {
        var parts = words.Take(1).SelectMany(w => w.Split('=', 2)).Concat(words.Skip(1)).ToList();
        var name = parts.Count > 0 ? parts[0] : "";
        (value, rest) = (0, []);
        option = FindOption(name);
        if (option is null)
        {
            error = name.Length == 0 ? $"expected an option: {FileIsThePlace}" : $"'{name}': {FileIsThePlace}";
            return false;
        }

        var behind = parts.Skip(1).SkipWhile(w => w is "=" or "").ToList();
        var text = behind.Count > 0 ? (behind[0][0] == '=' ? behind[0][1..] : behind[0]) : "";
        rest = [.. behind.Skip(1)];
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && !Validate(option, value).Any())
        {
            error = null;
            return true;
        }

        error = $"{option.Name}: expected an integer of {option.Range} ({option.Unit}), found '{text}'";
        return false;
    }

    private static IEnumerable<string> Validate(OptionDefinition option, int value) =>
        (option.Name == PolicyText.IdleTime ? new PeerOverride { IdleTime = TimeSpan.FromSeconds(value) } : new PeerOverride { MaxBatchSize = value }).Validate();

    private static bool Is(string word, string name) => word.Equals(name, StringComparison.OrdinalIgnoreCase);
}
