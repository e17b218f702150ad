namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Finds what somebody meant who has misspelt a name.</summary>
public static class Spelling
{
    /// <summary>The name nearest to a misspelt one, or <see langword="null"/> if none is near.</summary>
    /// <param name="misspelt">What was written.</param>
    /// <param name="names">What there is.</param>
    public static string? Nearest(string misspelt, IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(misspelt);
        ArgumentNullException.ThrowIfNull(names);

        // A third of the letters wrong is another word, not a slip.
        var limit = Math.Min(4, misspelt.Length / 3);
        return names
            .Select(name => (Name: name, Distance: Distance(misspelt.ToUpperInvariant(), name.ToUpperInvariant())))
            .Where(n => n.Distance <= limit)
            .OrderBy(n => n.Distance)
            .ThenBy(n => n.Name, StringComparer.Ordinal)
            .FirstOrDefault().Name;
    }

    // Levenshtein's distance, by rows.
    private static int Distance(string from, string to)
    {
        // The lengths alone say enough about a name that was never meant to be one.
        if (Math.Abs(from.Length - to.Length) > 4)
        {
            return int.MaxValue;
        }

        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var substitution = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
