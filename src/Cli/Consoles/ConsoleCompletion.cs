namespace EcStreamOrleans.Cli.Consoles;

/// <summary>What Tab does: the words that may stand at the cursor.</summary>
/// <param name="Start">Where the word at the cursor begins.</param>
/// <param name="Insert">What is to stand there instead: as much as all candidates have in common; null if nothing is known.</param>
/// <param name="Candidates">The words, if there is more than one.</param>
internal sealed record ConsoleCompletion(int Start, string? Insert, IReadOnlyList<string> Candidates)
{
    /// <summary>Completes the last word of a line.</summary>
    /// <param name="line">The line up to the cursor.</param>
    /// <param name="view">What is in effect, if it can be had; asked for only where scopes may follow.</param>
    public static async Task<ConsoleCompletion> FindAsync(string line, Func<Task<LiveConfig?>> view)
    {
        ConsoleWords.SplitLast(line, out var before, out var word, out var start);
        List<string> names = [.. ConsoleTable.Under(before).Where(e => e.Words.Length > before.Count).Select(e => e.Words[before.Count])];
        if (ConsoleTable.Find(before, out var scopes) is { TakesScopes: true } && await view() is { } live)
        {
            names.AddRange(live.View.Complete(scopes));
        }

        names = [.. names.Where(n => n.StartsWith(word, StringComparison.OrdinalIgnoreCase)).Distinct(StringComparer.Ordinal).Order(StringComparer.OrdinalIgnoreCase)];

        // Case does not count, but who types capitals means ECStream_Listener and not the module ecstream.
        var candidates = names.Exists(n => n.StartsWith(word, StringComparison.Ordinal)) ? names.FindAll(n => n.StartsWith(word, StringComparison.Ordinal)) : names;
        return candidates switch
        {
            [] => new(start, null, []),
            [var only] => new(start, ConsoleWords.Quote(only) + " ", []),
            _ => new(start, Common(candidates) is { Length: > 0 } common && common.Length > word.Length ? common : null, candidates),
        };
    }

    private static string Common(List<string> candidates)
    {
        var length = 0;
        while (candidates.TrueForAll(c => c.Length > length && char.ToUpperInvariant(c[length]) == char.ToUpperInvariant(candidates[0][length])))
        {
            length++;
        }

        return candidates[0][..length];
    }
}
