using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Cli.Consoles;

/// <summary>All commands of the console. One more is one more entry.</summary>
internal static class ConsoleTable
{
    /// <summary>The commands in the order of the help.</summary>
    public static IReadOnlyList<ConsoleEntry> Entries { get; } =
        [.. ConfigQuestions.Entries, .. PolicyCommands.Entries, .. TransactionCommands.Entries, .. HistoryCommands.Entries, .. WritebackCommands.Entries, .. OperatorCommands.Entries, .. GeneralCommands.Entries];

    /// <summary>The command that a line begins with, the longest name first.</summary>
    /// <param name="words">The line.</param>
    /// <param name="rest">The words behind the name.</param>
    public static ConsoleEntry? Find(IReadOnlyList<string> words, out IReadOnlyList<string> rest)
    {
        var entry = Entries.Where(e => IsPrefix(e.Words, words)).MaxBy(e => e.Words.Length);
        rest = entry is null ? words : [.. words.Skip(entry.Words.Length)];
        return entry;
    }

    /// <summary>The commands that begin with these words.</summary>
    public static IEnumerable<ConsoleEntry> Under(IReadOnlyList<string> words) => Entries.Where(e => IsPrefix(words, e.Words));

    /// <summary>Why a line is no command.</summary>
    public static string WhyNot(IReadOnlyList<string> words)
    {
        if (MomentumCommands.Explain(words) is { } explanation)
        {
            return explanation;
        }

        // Of 'config x' all that is said is about x.
        var group = words.Count > 1 && Entries.Any(e => e.Words.Length > 1 && IsSame(e.Words[0], words[0])) ? 2 : 1;
        var typed = string.Join(' ', words.Take(group));
        var near = Spelling.Nearest(typed, [.. Entries.Select(e => string.Join(' ', e.Words.Take(group))).Distinct()]);
        return near is not null ? $"{typed}: no such command; did you mean '{near}'? ('help' lists them all)"
            : $"{typed}: no such command; there are {string.Join(", ", Under([.. words.Take(group - 1)]).Select(e => e.Words[group - 1]).Distinct().Order(StringComparer.Ordinal))}";
    }

    private static bool IsPrefix(IReadOnlyList<string> prefix, IReadOnlyList<string> words) =>
        prefix.Count <= words.Count && prefix.Zip(words).All(pair => IsSame(pair.First, pair.Second));

    private static bool IsSame(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
