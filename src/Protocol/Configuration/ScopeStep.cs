using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>A scope of a merged tree and the way that leads to it. The way may lead to a scope that nobody has written: that one holds nothing.</summary>
internal sealed class ScopeStep
{
    private readonly ConfigScope? _scope;

    /// <summary>The global scope.</summary>
    public ScopeStep(ConfigDocument document)
    {
        Kind = Vocabulary.GlobalScope;
        Path = "";
        Children = document.Children;
    }

    private ScopeStep(ScopeStep parent, string name, string? instance, ConfigScope? scope)
    {
        Parent = parent;
        _scope = scope;
        Instance = instance;
        Kind = parent.FindKind(name);
        Path = ScopePath.Of(parent.Path, Kind ?? name, ScopePath.Instance(name, instance) ?? "");
        Children = scope?.Children ?? [];
    }

    /// <summary>The scope around it; <see langword="null"/> for the global one.</summary>
    public ScopeStep? Parent { get; }

    /// <summary>The scope itself, if it is written.</summary>
    public ConfigScope? Scope => _scope;

    /// <summary>Its instance, as the tree spells it, else as the question did.</summary>
    public string? Instance { get; }

    /// <summary>Its name if it is one of those that take effect, else <see langword="null"/>.</summary>
    public string? Kind { get; }

    /// <summary>The path as the console writes it, empty for the global scope.</summary>
    public string Path { get; }

    /// <summary>The path as the origin of a value.</summary>
    public string Origin => Parent is null ? Vocabulary.GlobalScope : Path;

    /// <summary>Whether it is written.</summary>
    public bool Exists => Parent is null || _scope is not null;

    /// <summary>What it holds.</summary>
    public ImmutableArray<ConfigNode> Children { get; }

    /// <summary>The names of scopes and options that may stand in it, or do.</summary>
    public IEnumerable<string> Names => (Kind is null ? [] : Vocabulary.Scopes[Kind].Concat(Vocabulary.Options[Kind]))
        .Concat(Children.Select(c => c.Name))
        .Distinct(StringComparer.OrdinalIgnoreCase);

    /// <summary>The option that it sets itself.</summary>
    public ConfigOption? FindOption(string name) => Children.OfType<ConfigOption>().FirstOrDefault(o => o.IsNamed(name));

    /// <summary>The scopes of that name in it, whatever their instance.</summary>
    public IEnumerable<ScopeStep> Scopes(string name) =>
        Children.OfType<ConfigScope>().Where(s => s.IsNamed(name)).Select(Enter);

    /// <summary>The scope in it.</summary>
    public ScopeStep Enter(ConfigScope child) => new(this, child.Name, child.Instance, child);

    /// <summary>The scope of that name and instance in it, in any spelling, written or not.</summary>
    public ScopeStep Enter(string name, string? instance)
    {
        var named = Children.OfType<ConfigScope>().Where(s => s.IsNamed(name)).ToArray();
        var scope = Array.Find(named, s => s.Instance == instance) ?? Array.Find(named, s => IsSame(name, s.Instance, instance));
        return scope is null ? new(this, name, instance, null) : Enter(scope);
    }

    /// <summary>Whether scopes of that name have an instance here; <see langword="null"/> if there is no such scope.</summary>
    /// <param name="name">The name.</param>
    /// <param name="next">The word that would be the instance.</param>
    public bool? TakesInstance(string name, string? next)
    {
        if (FindKind(name) is { } kind)
        {
            return kind is not (Vocabulary.Listener or Vocabulary.Module);
        }

        // Of what is not ours the tree alone tells.
        var named = Children.OfType<ConfigScope>().Where(s => s.IsNamed(name)).ToArray();
        return named.Length == 0 ? null
            : Array.TrueForAll(named, s => s.Instance is not null)
                || (next is not null && Array.Exists(named, s => s.Instance is not null && IsSame(name, s.Instance, next)));
    }

    /// <summary>Whether two instances of scopes of one name are the same, whatever their spelling.</summary>
    public static bool IsSame(string name, string? one, string? other)
    {
        if (one is null || other is null || one == other)
        {
            return one == other;
        }

        return string.Equals(name, Vocabulary.Listen, StringComparison.OrdinalIgnoreCase)
            ? ListenAddress.TryParse(one, out var first, out _) && ListenAddress.TryParse(other, out var second, out _) && first == second
            : ScopePath.Instance(name, one) == ScopePath.Instance(name, other);
    }

    private string? FindKind(string name) => Kind is null
        ? null
        : Vocabulary.Scopes[Kind].FirstOrDefault(s => string.Equals(s, name, StringComparison.OrdinalIgnoreCase));
}
