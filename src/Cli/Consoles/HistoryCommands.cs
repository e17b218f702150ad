using System.Globalization;
using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Cli.Consoles;

/// <summary>The policy log: who changed what, what differs between two versions, and taking a change back.</summary>
internal static class HistoryCommands
{
    private const int DefaultEntries = 20;
    private const int MostEntries = 500;

    // A difference reads the log between its two versions; further apart, it is a job for the API.
    private const int MostVersions = 100_000;

    public static IReadOnlyList<ConsoleEntry> Entries { get; } =
    [
        new("config log", "[N]", $"the last N changes of policy, {DefaultEntries} unless told", LogAsync) { IsQuestion = true },
        new("config diff", "V1 V2", "what version V2 has otherwise than version V1, by scope", DiffAsync) { IsQuestion = true },
        new("config revert", "VERSION", "take back what that version changed, where it has not been changed again since", RevertAsync),
    ];

    private static async Task<int> LogAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        long count = DefaultEntries;
        if (words.Count > 1 || (words.Count == 1 && (!TryReadNumber(words[0], out count) || count is < 1 or > MostEntries)))
        {
            return session.Refuse($"config log: expected a number from 1 to {MostEntries}");
        }

        if (await LastVersionAsync(session, cancellationToken) is not { } last)
        {
            return ExitCode.CannotStart;
        }

        var log = await session.Policy.LogAsync(Math.Max(0, last - count), last, cancellationToken);
        if (log.Value is not { } entries)
        {
            return session.Refuse(log);
        }

        foreach (var entry in entries)
        {
            session.Print($"{entry.Version}  {Instants.Print(entry.Instant)}  {entry.Actor}{(entry.Reason.Length > 0 ? $"  \"{entry.Reason}\"" : "")}");
            foreach (var change in entry.Changes)
            {
                session.Print($"    {PolicyText.Describe(change)}");
            }
        }

        return entries.Count == 0 ? session.PrintNot("Nothing has been set yet.") : ExitCode.Success;
    }

    private static async Task<int> DiffAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        if (words.Count != 2 || !TryReadNumber(words[0], out var from) || !TryReadNumber(words[1], out var to) || Math.Abs(from - to) > MostVersions)
        {
            return session.Refuse($"config diff: expected two versions, at most {MostVersions} apart; 0 is before the first change");
        }

        if (await LastVersionAsync(session, cancellationToken) is not { } last)
        {
            return ExitCode.CannotStart;
        }

        if (Math.Max(from, to) > last)
        {
            return session.PrintNot($"There is no version {Math.Max(from, to)}; the last is {last}.");
        }

        var log = await session.Policy.LogAsync(Math.Min(from, to), Math.Max(from, to), cancellationToken);
        if (log.Value is not { } entries)
        {
            return session.Refuse(log);
        }

        var differs = false;
        foreach (var scope in entries.SelectMany(e => e.Changes).GroupBy(c => c.Scope, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var (before, after) = (scope.First().Before.ToOverride(), scope.Last().After.ToOverride());
            var differences = PolicyText.Differences(from < to ? before : after, from < to ? after : before).ToList();
            if (differences.Count == 0)
            {
                continue;
            }

            differs = true;
            session.Print(scope.Key);
            foreach (var (name, was, isNow) in differences)
            {
                session.Print(string.Join('\n', new[] { ("-", was), ("+", isNow) }.Where(l => l.Item2 is not null).Select(l => $"{l.Item1} {name} = {l.Item2}")));
            }
        }

        return differs ? ExitCode.Success : session.Print($"Versions {from} and {to} set the same.");
    }

    private static async Task<int> RevertAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        if (words.Count != 1 || !TryReadNumber(words[0], out var version))
        {
            return session.Refuse("config revert: expected a version; 'config log' lists them");
        }

        if (session.Transaction is not null)
        {
            return session.Refuse("config revert: a transaction is open; commit it or roll it back first");
        }

        var asked = await session.Policy.GetAsync($"api/v1/policy/log/{version}", AdminJson.Default.PolicyLogEntry, cancellationToken);
        var present = await session.Policy.OverridesAsync(cancellationToken);
        if (asked.Value is not { } entry || present.Value is not { } overrides)
        {
            return asked.Value is null ? session.Refuse(asked) : session.Refuse(present);
        }

        var now = session.Host.TimeProvider.GetUtcNow();
        var changes = new List<ChangeRequest>();
        var conflicts = new List<string>();
        foreach (var change in entry.Changes)
        {
            if (!PeerScope.TryParse(change.Listen, change.Block, out var scope, out var error))
            {
                return session.Refuse($"this is no answer of the admin API: {error}");
            }

            var here = overrides.Get(scope);
            var undone = Undo(change.Before.ToOverride().At(now), change.After.ToOverride().At(now), here, out var changed);
            conflicts.AddRange(changed.Select(c => $"{scope} {c.Name} has been changed since: it is {c.Now ?? "unset"}, version {version} made it {c.Made ?? "unset"}"));
            if (undone != here)
            {
                changes.Add(Transaction.Of(scope, undone));
            }
        }

        if (changes.Count > 0)
        {
            var made = await session.Policy.CommitAsync(overrides.Version, changes, $"revert of version {version}", cancellationToken);
            if (made.Value is not { Entry: { } reverted } report)
            {
                return PolicyCommands.NotMade(session, "Revert", made);
            }

            foreach (var change in reverted.Changes)
            {
                session.Print(PolicyText.Describe(change));
            }

            session.Print(PolicyCommands.Spread(report));
        }
        else if (conflicts.Count == 0)
        {
            session.Print($"# nothing changed: version {version} is taken back already");
        }

        return conflicts.Count == 0 ? ExitCode.Success : session.PrintNot(string.Join('\n', conflicts));
    }

    /// <summary>What was set before, for each of the things that can be set, where it still is as it was made; else it stays.</summary>
    private static PeerOverride Undo(PeerOverride before, PeerOverride made, PeerOverride now, out List<(string Name, string? Now, string? Made)> changed)
    {
        changed = [];
        foreach (var ((name, was), (_, became), (_, isNow)) in before.Settings().Zip(made.Settings(), now.Settings()))
        {
            if (was == became || isNow == was)
            {
                continue;
            }

            if (isNow != became)
            {
                changed.Add((name, isNow, became));
                continue;
            }

            now = name switch
            {
                PolicyText.IdleTime => now with { IdleTime = before.IdleTime, IdleTimeUntil = before.IdleTimeUntil },
                PolicyText.MaxBatchSize => now with { MaxBatchSize = before.MaxBatchSize, MaxBatchSizeUntil = before.MaxBatchSizeUntil },
                _ => now with { Suspended = before.Suspended, SuspendedReason = before.SuspendedReason, SuspendedUntil = before.SuspendedUntil },
            };
        }

        return now;
    }

    private static async Task<long?> LastVersionAsync(ConsoleSession session, CancellationToken cancellationToken)
    {
        var asked = await session.Policy.GetAsync("api/v1/policy/overrides?limit=1", AdminJson.Default.OverrideListing, cancellationToken);
        if (asked.Value is null)
        {
            session.Refuse(asked);
        }

        return asked.Value?.Version;
    }

    private static bool TryReadNumber(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
