using System.Collections.Immutable;

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
    private readonly List<(ConfigOption Option, Owner Owner)> _shared = [];
    private readonly HashSet<Owner> _inUse = [];

    public void BindGroup(ConfigScope scope)
    {
        var group = FindOrAdd(scope, _groups, () => new Group(NewSettings("", scope)));
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
    public ResolvedPathway? Resolve(IReadOnlyList<ConfigScalar> names)
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

        return new ResolvedPathway(
            new PathwayOptions(names[^1].Text, pathway.Settings.Level, pathway.Group?.Settings.Level), pathway.Settings, pathway.Group?.Settings);
    }

    /// <summary>Judges the options that matter only where a listener names the pathway; after all were resolved.</summary>
    public void Finish(TlsBinder tls)
    {
        foreach (var owner in _groups.Values.Concat<Owner>(_pathways.Values))
        {
            Finish(owner, tls);
        }

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
                skipped.Skip(option);
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
        var origin = group is null ? "" : group.Settings.Origin;
        var pathway = FindOrAdd(scope, _pathways, () => new Pathway(scope, group, NewSettings(origin, scope)));
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

    private void BindNode(ConfigNode node, string scope, Owner owner)
    {
        if (node is not ConfigOption option)
        {
            context.Refusals.Refuse(node, scope);
        }
        else if (MomentumVocabulary.IsSharedOption(option.Name))
        {
            _shared.Add((option, owner));
        }
        else if (MomentumVocabulary.IsPathwayOption(option.Name))
        {
            skipped.Skip(option);
        }
        else if (!owner.Settings.TryBind(option))
        {
            context.Refusals.Refuse(node, scope);
        }
    }

    // TLS of a pathway that only other listeners name is theirs.
    private void Finish(Owner owner, TlsBinder tls)
    {
        ImmutableArray<OptionDefinition> others = [OptionDefinitions.UseSsl, .. OptionDefinitions.Tls];
        if (_inUse.Contains(owner))
        {
            tls.WarnOfIdle(owner.Settings, "skipped: no Listen of this pathway has Use_SSL");
            others = [];
        }

        foreach (var setting in owner.Settings.Among(others))
        {
            skipped.Skip(setting.Option);
        }

        foreach (var setting in owner is Group ? owner.Settings.Among(OptionDefinitions.All.Except(others)) : [])
        {
            context.WarnOnce(
                setting.Option, $"{setting.Option.Name} in a Pathway_Group takes effect here, but Momentum 4 may not recognise it there");
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

    private ScopeSettings NewSettings(string parent, ConfigScope scope)
    {
        var name = scope.IsNamed(Vocabulary.Pathway) ? Vocabulary.Pathway : Vocabulary.PathwayGroup;
        return new ScopeSettings(context, name, ScopePath.Of(parent, name, scope.Instance ?? ""));
    }

    private abstract class Owner(ScopeSettings settings)
    {
        public ScopeSettings Settings { get; } = settings;
    }

    private sealed class Group(ScopeSettings settings) : Owner(settings);

    private sealed class Pathway(ConfigScope scope, Group? group, ScopeSettings settings) : Owner(settings)
    {
        public ConfigScope Scope { get; } = scope;

        public Group? Group { get; } = group;
    }
}
