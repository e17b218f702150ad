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
        Spelling.Nearest(misspelt, [.. Options[scope], .. Scopes[scope]])
        ?? Spelling.Nearest(misspelt, [.. Options.Values.SelectMany(n => n), .. Scopes.Values.SelectMany(n => n), .. MomentumVocabulary.Names]);

    /// <summary>Whether a scope of a name that is not known may be a module of Momentum's, rather than a scope of ours in another spelling.</summary>
    public static bool MayBeModule(string name) =>
        !MomentumVocabulary.IsKnown(name)
        && !ScopesOf(name).Any()
        && Spelling.Nearest(name, [.. Options.Values.SelectMany(n => n), .. Scopes.Values.SelectMany(n => n)]) is null;
}
