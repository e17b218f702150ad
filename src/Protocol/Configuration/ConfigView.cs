using System.Text.RegularExpressions;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// Answers what the console's <c>config</c> asks of a configuration, in Momentum's words. A question is a list of words: the
/// names of scopes from the outermost on, each with its instance if it has one, and an option. Names may be in any case; the
/// instances of Listen and Peer in any spelling.
/// </summary>
public sealed class ConfigView
{
    // Momentum's console indents what it shows of a scope by as much.
    private const int ScopedDepth = 4;

    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    private readonly ConfigDocument _document;
    private readonly ScopeStep _global;

    /// <summary>What a file says, and nothing beside it.</summary>
    /// <param name="document">The merged tree.</param>
    public ConfigView(ConfigDocument document)
        : this(document, OverrideSet.Empty)
    {
    }

    /// <summary>What a file says and what is set at Peer scopes while the grid runs, as if it were written in those scopes.</summary>
    /// <param name="document">The merged tree.</param>
    /// <param name="overrides">What is set beside it; nothing in it has ended.</param>
    public ConfigView(ConfigDocument document, OverrideSet overrides)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(overrides);
        _document = OverrideOverlay.Lay(document, overrides, entersListens: true);
        _global = new ScopeStep(_document);
    }

    /// <summary><c>config get</c>: what a scope itself sets.</summary>
    /// <param name="words">Scopes and an option.</param>
    public ConfigAnswer Get(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        return WithOption(words, (scope, name) => scope.FindOption(name) is { } option
            ? Found(ConfigPrinter.Print(Spell(name), option.Value, scope.Parent is null ? 0 : ScopedDepth))
            : NotSet(scope, name));
    }

    /// <summary>
    /// <c>config eval</c>: what holds in a scope, by fallback to outer ones and to the default, and where it comes from. A Listen
    /// or a Peer need not be written; what holds for a client of that address is told.
    /// </summary>
    /// <param name="words">Scopes and an option.</param>
    public ConfigAnswer Eval(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        return WithOption(words, Eval);
    }

    /// <summary><c>config show</c>: what a scope holds, the scopes in it closed, or one option.</summary>
    /// <param name="words">Scopes, and perhaps an option.</param>
    public ConfigAnswer Show(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        if (TryWalk(words, words.Count, out var scope, out var error))
        {
            return scope.Exists ? Found(ConfigPrinter.PrintLevel(scope.Children)) : Missing(scope);
        }

        if (!TryWalk(words, words.Count - 1, out scope, out _))
        {
            return Invalid(error);
        }

        var name = words[^1];
        return scope.FindOption(name) is { } option ? Found(ConfigPrinter.Print(Spell(name), option.Value, depth: 0))
            : scope.TakesInstance(name, null) is null && (OptionDefinitions.Find(name) is not null || MomentumVocabulary.IsOption(name)) ? NotSet(scope, name)
            : Invalid(error);
    }

    /// <summary><c>config showrecurse</c>: a scope with everything in it, as text that can be read again.</summary>
    /// <param name="words">Scopes; none for the whole.</param>
    public ConfigAnswer ShowRecurse(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        return !TryWalk(words, words.Count, out var scope, out var error) ? Invalid(error)
            : scope.Parent is null ? Found(_document.ToString())
            : scope.Scope is { } node ? Found(ConfigPrinter.Print(node))
            : Missing(scope);
    }

    /// <summary><c>config locate</c>: where the scopes of a name stand.</summary>
    /// <param name="words">
    /// The name, and perhaps an instance in any spelling. What is no instance is the beginning of one, or a regular expression that
    /// is found in it.
    /// </param>
    public ConfigAnswer Locate(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        if (words.Count is not (1 or 2))
        {
            return Invalid("expected the name of a scope and perhaps an instance or a regular expression");
        }

        var all = Descendants(_global).Where(s => s.Scope!.IsNamed(words[0])).ToList();
        var hits = all;
        if (words.Count == 2)
        {
            hits = all.FindAll(s => ScopeStep.IsSame(words[0], s.Instance, words[1]));
            if (hits.Count == 0 && !TryMatch(all, words[1], out hits, out var error))
            {
                return Invalid(error);
            }
        }

        return hits.Count == 0
            ? new ConfigAnswer(ConfigAnswerKind.NotFound, $"No scope '{string.Join(' ', words)}' is there.")
            : Found(string.Join('\n', hits.Select(s => $"{ConfigPrinter.Heading(s.Scope!)}\n  is at {s.Path}")));
    }

    /// <summary>What may come next in a question: scopes and options, or the instances that are there of a scope that needs one.</summary>
    /// <param name="words">The words before.</param>
    public IReadOnlyList<string> Complete(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        return words.Count > 0 && TryWalk(words, words.Count - 1, out var outer, out _) && outer.TakesInstance(words[^1], null) == true
            ? [.. outer.Scopes(words[^1]).Select(s => s.Instance).OfType<string>()]
            : TryWalk(words, words.Count, out var scope, out _) ? [.. scope.Names] : [];
    }

    private static ConfigAnswer Eval(ScopeStep scope, string name)
    {
        if (OptionFallback.FindPeerError(scope) is { } error)
        {
            return Invalid(error);
        }

        var facts = OptionDefinitions.Find(name);
        foreach (var candidate in OptionFallback.Candidates(scope, facts))
        {
            if (candidate.FindOption(name) is { } option)
            {
                return Evaluated(
                    ConfigPrinter.Print(Spell(name), option.Value, depth: 0), $"from {(option as OverridingOption)?.Origin ?? candidate.Origin}");
            }
        }

        return facts?.Default is { } value ? Evaluated($"{facts.Name} = {value}", PolicyEvaluator.DefaultOrigin) : NotSet(scope, name);
    }

    // Depth of recursion is bounded by the parser's cap on nesting.
    private static IEnumerable<ScopeStep> Descendants(ScopeStep scope) =>
        scope.Children.OfType<ConfigScope>().Select(scope.Enter).SelectMany(s => Descendants(s).Prepend(s));

    private static bool TryMatch(List<ScopeStep> scopes, string pattern, out List<ScopeStep> hits, out string error)
    {
        error = "";
        Regex? regex = null;
        try
        {
            // This engine takes time in proportion to the text, whatever the pattern.
            regex = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, MatchTimeout);
        }
        catch (Exception failure) when (failure is ArgumentException or NotSupportedException)
        {
            error = $"'{pattern}' is no instance and no regular expression: {failure.Message}";
        }

        try
        {
            hits = scopes.FindAll(s => s.Instance is { } instance
                && (instance.StartsWith(pattern, StringComparison.OrdinalIgnoreCase) || regex?.IsMatch(instance) == true));
            return hits.Count > 0 || error.Length == 0;
        }
        catch (RegexMatchTimeoutException)
        {
            hits = [];
            error = $"'{pattern}' takes too long to match";
            return false;
        }
    }

    private ConfigAnswer WithOption(IReadOnlyList<string> words, Func<ScopeStep, string, ConfigAnswer> answer) =>
        words.Count == 0 ? Invalid("expected scopes, if any, and an option")
        : TryWalk(words, words.Count - 1, out var scope, out var error) ? answer(scope, words[^1])
        : Invalid(error);

    private bool TryWalk(IReadOnlyList<string> words, int count, out ScopeStep scope, out string error)
    {
        scope = _global;
        error = "";
        for (var i = 0; i < count;)
        {
            var name = words[i++];
            switch (scope.TakesInstance(name, i < count ? words[i] : null))
            {
                case null:
                    error = $"'{name}' is not a valid scope name in scope '{scope.Origin}'";
                    return false;
                case true when i == count:
                    error = $"'{name}' in scope '{scope.Origin}' needs an instance";
                    return false;
                case var takesInstance:
                    scope = scope.Enter(name, takesInstance.Value ? words[i++] : null);
                    break;
            }
        }

        return true;
    }

    private static string Spell(string name) => OptionDefinitions.Find(name)?.Name ?? MomentumVocabulary.Spell(name) ?? name;

    private static ConfigAnswer Found(string text) => new(ConfigAnswerKind.Found, text.TrimEnd('\n'));

    private static ConfigAnswer Evaluated(string setting, string origin) => Found($"{setting}  # {origin}") with { Setting = setting };

    private static ConfigAnswer Invalid(string text) => new(ConfigAnswerKind.Invalid, text);

    private static ConfigAnswer NotSet(ScopeStep scope, string name) =>
        new(ConfigAnswerKind.NotFound, $"Option '{Spell(name)}' is not set in scope '{scope.Path}'.");

    private static ConfigAnswer Missing(ScopeStep scope) =>
        new(ConfigAnswerKind.NotFound, $"Scope '{scope.Path}' is not there.");
}
