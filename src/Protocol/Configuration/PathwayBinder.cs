namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// Gathers the pathways and their groups. A pathway stands in the global scope or in one group: a name in two places would
/// leave open which of them is meant.
/// </summary>
internal sealed class PathwayBinder(BindingContext context, SkippedScopes skipped)
{
    private const string DefaultName = "default";

    private readonly Dictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Pathway> _pathways = new(StringComparer.Ordinal);
    private readonly List<(ConfigOption Option, Settings Owner)> _shared = [];
    private readonly HashSet<Settings> _inUse = [];

    public void BindGroup(ConfigScope scope)
    {
        var group = FindOrAdd(scope, _groups, () => new Group(NewPolicy("", scope)));
        foreach (var node in scope.Children)
        {
            if (node is ConfigScope pathway && pathway.IsNamed(Vocabulary.Pathway))
            {
                BindPathway(pathway, group);
            }
            else
            {
                BindNode(node, Vocabulary.PathwayGroup, group);
            }
        }
    }

    public void BindPathway(ConfigScope scope) => BindPathway(scope, group: null);

    /// <summary>
    /// The last of the pathways that options name, <see langword="null"/> for none, for the default one and after an error.
    /// The others must exist too.
    /// </summary>
    public PathwayOptions? Resolve(IReadOnlyList<ConfigScalar> names)
    {
        Pathway? pathway = null;
        foreach (var name in names)
        {
            pathway = Find(name);
        }

        if (pathway is null)
        {
            return null;
        }

        _inUse.Add(pathway);
        if (pathway.Group is not null)
        {
            _inUse.Add(pathway.Group);
        }

        return new PathwayOptions(names[^1].Text, pathway.Policy.Level, pathway.Group?.Policy.Level);
    }

    /// <summary>Judges the options that matter only where a listener names the pathway; after all were resolved.</summary>
    public void Finish()
    {
        foreach (var (option, owner) in _shared)
        {
            if (_inUse.Contains(owner))
            {
                context.Diagnostics.Error(
                    option.Location,
                    $"'{option.Name}' is known to Momentum but not supported by this version, and the ECStream_Listener names this pathway",
                    option.Name);
            }
            else
            {
                skipped.Skip(option, isShared: false);
            }
        }
    }

    private Pathway? Find(ConfigScalar name)
    {
        // A pathway may be missing because of a syntax error in it, which is reported as such.
        if (name.Text != DefaultName && !_pathways.ContainsKey(name.Text) && context.IsWhole)
        {
            context.Diagnostics.Error(
                name.Location, $"Pathway: there is no Pathway \"{Token.Shorten(name.Text)}\"", name.Text, "the name of a Pathway scope");
        }

        return _pathways.GetValueOrDefault(name.Text);
    }

    private void BindPathway(ConfigScope scope, Group? group)
    {
        var origin = group is null ? "" : group.Policy.Origin;
        var pathway = FindOrAdd(scope, _pathways, () => new Pathway(scope, group, NewPolicy(origin, scope)));
        if (pathway.Group != group && pathway.Scope.Instance is not null)
        {
            context.Diagnostics.Error(
                scope.InstanceLocation,
                $"duplicate pathway name '{Token.Shorten(scope.Instance!)}': it is also at {pathway.Scope.InstanceLocation}, in another place",
                scope.Instance!,
                "each pathway in the global scope or in one Pathway_Group");
        }

        foreach (var node in scope.Children)
        {
            BindNode(node, Vocabulary.Pathway, pathway);
        }
    }

    private void BindNode(ConfigNode node, string scope, Settings owner)
    {
        if (node is not ConfigOption option)
        {
            context.Refusals.Refuse(node, scope);
        }
        else if (owner.Policy.TryBind(option))
        {
            WarnOfGroup(option, owner);
        }
        else if (MomentumVocabulary.IsSharedPathwayOption(option.Name))
        {
            _shared.Add((option, owner));
        }
        else if (MomentumVocabulary.IsPathwayOption(option.Name))
        {
            skipped.Skip(option, isShared: false);
        }
        else
        {
            context.Refusals.Refuse(node, scope);
        }
    }

    private void WarnOfGroup(ConfigOption option, Settings owner)
    {
        if (owner is Group)
        {
            context.Diagnostics.Warning(
                option.Location, $"{option.Name} in a Pathway_Group takes effect here, but Momentum 4 may not recognise it there", option.Name);
        }
    }

    // What has no name to be found by is bound to nothing: its content is checked all the same.
    private T FindOrAdd<T>(ConfigScope scope, Dictionary<string, T> known, Func<T> create)
    {
        if (FindNameError(scope) is { } error)
        {
            context.Diagnostics.Error(scope.InstanceLocation, error, scope.Instance ?? scope.Name, "a name");
            return create();
        }

        if (!known.TryGetValue(scope.Instance!, out var found))
        {
            found = create();
            known.Add(scope.Instance!, found);
        }

        return found;
    }

    private static string? FindNameError(ConfigScope scope) =>
        string.IsNullOrEmpty(scope.Instance) ? $"{scope.Name} needs a name, as in {scope.Name} \"bulk\" {{ }}"
        : scope.Instance == DefaultName ? $"{scope.Name} {DefaultName} cannot be set: what holds for the default pathway is set in the global scope"
        : scope.IsRegexInstance ? $"{scope.Name} needs a plain name; a regular expression is not accepted"
        : null;

    private PolicyBinder NewPolicy(string parent, ConfigScope scope) => new(
        context.Reader,
        ScopePath.Of(parent, scope.IsNamed(Vocabulary.Pathway) ? Vocabulary.Pathway : Vocabulary.PathwayGroup, scope.Instance ?? ""));

    private abstract class Settings(PolicyBinder policy)
    {
        public PolicyBinder Policy { get; } = policy;
    }

    private sealed class Group(PolicyBinder policy) : Settings(policy);

    private sealed class Pathway(ConfigScope scope, Group? group, PolicyBinder policy) : Settings(policy)
    {
        public ConfigScope Scope { get; } = scope;

        public Group? Group { get; } = group;
    }
}
