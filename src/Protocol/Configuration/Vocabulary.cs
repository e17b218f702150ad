using System.Collections.Frozen;
using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>The names that take effect, where they may stand, and the nearest to a misspelt one.</summary>
internal static class Vocabulary
{
    public const string Listener = "ECStream_Listener";
    public const string Listen = "Listen";
    public const string Peer = "Peer";
    public const string Pathway = "Pathway";
    public const string PathwayGroup = "Pathway_Group";
    public const string ThreadPool = "ThreadPool";
    public const string EventLoop = "EventLoop";
    public const string Module = "ecstream";
    public const string GlobalScope = "Global";


    /// <summary>The scopes that may stand in each supported scope.</summary>
    public static readonly FrozenDictionary<string, ImmutableArray<string>> Scopes =
        new Dictionary<string, ImmutableArray<string>>(StringComparer.Ordinal)
        {
            [GlobalScope] = [Listener, Module, Pathway, PathwayGroup, ThreadPool, EventLoop],
            [Listener] = [Listen, Peer],
            [Listen] = [Peer],
            [Peer] = [],
            [Pathway] = [],
            [PathwayGroup] = [Pathway],
            [ThreadPool] = [],
            [EventLoop] = [],
            [Module] = [],
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The options of each supported scope.</summary>
    public static readonly FrozenDictionary<string, ImmutableArray<string>> Options = Scopes.Keys.ToFrozenDictionary(
        scope => scope,
        scope => OptionDefinitions.All.Where(d => d.Scopes.Contains(scope)).Select(d => d.Name).ToImmutableArray(),
        StringComparer.Ordinal);

    /// <summary>The scopes, as a path names them, in which <paramref name="name"/> is supported.</summary>
    public static IEnumerable<string> ScopesOf(string name) =>
        Options.Keys.Where(scope => Options[scope].Concat(Scopes[scope]).Contains(name, StringComparer.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal);

    /// <summary>The known name nearest to a misspelt one, those of its own scope first, or <see langword="null"/>.</summary>
    public static string? Suggest(string misspelt, string scope) =>
        Nearest(misspelt, [.. Options[scope], .. Scopes[scope]])
        ?? Nearest(misspelt, [.. Options.Values.SelectMany(n => n), .. Scopes.Values.SelectMany(n => n), .. MomentumVocabulary.Names]);

    /// <summary>Whether a scope of a name that is not known may be a module of Momentum's, rather than a scope of ours in another spelling.</summary>
    public static bool MayBeModule(string name) =>
        !MomentumVocabulary.IsKnown(name)
        && !ScopesOf(name).Any()
        && Nearest(name, [.. Options.Values.SelectMany(n => n), .. Scopes.Values.SelectMany(n => n)]) is null;

    private static string? Nearest(string misspelt, IReadOnlyList<string> names)
    {
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
