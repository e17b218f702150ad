using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// Lays what is set at Peer scopes while the grid runs over the tree of a file: a value of such a scope replaces the one that is written
/// there. Everything that asks the tree then finds what holds, by the rules that it has for the file.
/// </summary>
internal static class OverrideOverlay
{
    private static readonly SourceLocation Nowhere = new("", 0, 0);

    /// <summary>The tree with the values in their scopes.</summary>
    /// <param name="document">The merged tree of the file.</param>
    /// <param name="overrides">
    /// What is set. A suspension is not laid: no option says it, and a Peer scope that held nothing else would admit who is to stay out.
    /// </param>
    /// <param name="entersListens">Whether what is set in a Listen that the file does not have makes that scope.</param>
    public static ConfigDocument Lay(ConfigDocument document, OverrideSet overrides, bool entersListens)
    {
        var levels = overrides.Entries.Where(e => HasOptions(e.Value)).ToLookup(e => e.Key.Listen, StringComparer.Ordinal);
        return levels.Count == 0 ? document : new ConfigDocument(document.File, Enter(document.Children, Vocabulary.Listener, null, LayListener)) { Files = document.Files };

        ImmutableArray<ConfigNode> LayListener(ImmutableArray<ConfigNode> nodes)
        {
            foreach (var level in levels.Where(l => l.Key.Length > 0).OrderBy(l => l.Key, StringComparer.Ordinal))
            {
                if (entersListens || Find(nodes, Vocabulary.Listen, level.Key) >= 0)
                {
                    nodes = Enter(nodes, Vocabulary.Listen, level.Key, inListen => LayPeers(inListen, level));
                }
            }

            return LayPeers(nodes, levels[""]);
        }
    }

    /// <summary>Whether an override sets an option, and does not only suspend.</summary>
    public static bool HasOptions(PeerOverride value) => value.IdleTime is not null || value.MaxBatchSize is not null;

    /// <summary>Whether the file has the Listen of a scope, or needs none for it.</summary>
    public static bool HasListen(ConfigDocument document, PeerScope scope) =>
        scope.Listen.Length == 0
        || document.Children.OfType<ConfigScope>().Any(s => s.IsNamed(Vocabulary.Listener) && Find(s.Children, Vocabulary.Listen, scope.Listen) >= 0);

    private static ImmutableArray<ConfigNode> LayPeers(ImmutableArray<ConfigNode> nodes, IEnumerable<KeyValuePair<PeerScope, PeerOverride>> set)
    {
        var rest = set.ToDictionary(e => e.Key.Block);
        ConfigNode[] laid = [.. nodes.Select(node =>
            node is ConfigScope peer && peer.IsNamed(Vocabulary.Peer) && CidrBlock.TryParse(peer.Instance, out var block) && rest.Remove(block, out var here)
                ? LayOptions(peer, here)
                : node)];
        return
        [
            .. laid,
            .. rest.Values.OrderBy(e => e.Key, PeerScope.Order)
                .Select(e => LayOptions(new ConfigScope(Vocabulary.Peer, e.Key.Block.ToString(), Nowhere, Nowhere, []), e)),
        ];
    }

    private static ConfigScope LayOptions(ConfigScope peer, KeyValuePair<PeerScope, PeerOverride> here)
    {
        var children = peer.Children;
        foreach (var (definition, value) in new[]
        {
            (OptionDefinitions.IdleTime, (int?)here.Value.IdleTime?.TotalSeconds),
            (OptionDefinitions.MaxBatchSize, here.Value.MaxBatchSize),
        })
        {
            if (value is { } number)
            {
                var option = new OverridingOption(definition.Name, new ConfigScalar($"{number}", isQuoted: false, Nowhere), $"{here.Key} (override)");
                var written = children.FirstOrDefault(c => c is ConfigOption && c.IsNamed(definition.Name));
                children = written is null ? children.Add(option) : children.Replace(written, option);
            }
        }

        return WithChildren(peer, children);
    }

    private static ImmutableArray<ConfigNode> Enter(
        ImmutableArray<ConfigNode> nodes, string name, string? instance, Func<ImmutableArray<ConfigNode>, ImmutableArray<ConfigNode>> lay)
    {
        var place = Find(nodes, name, instance);
        return place < 0
            ? nodes.Add(new ConfigScope(name, instance, Nowhere, Nowhere, lay([])))
            : nodes.SetItem(place, WithChildren((ConfigScope)nodes[place], lay(((ConfigScope)nodes[place]).Children)));
    }

    private static int Find(ImmutableArray<ConfigNode> nodes, string name, string? instance)
    {
        for (var i = 0; i < nodes.Length; i++)
        {
            if (nodes[i] is ConfigScope scope && scope.IsNamed(name) && ScopeStep.IsSame(name, scope.Instance, instance))
            {
                return i;
            }
        }

        return -1;
    }

    private static ConfigScope WithChildren(ConfigScope scope, ImmutableArray<ConfigNode> children) =>
        new(scope.Name, scope.Instance, scope.Location, scope.InstanceLocation, children);
}

/// <summary>An option that no file sets in its scope, or sets otherwise: it knows where it is from.</summary>
internal sealed class OverridingOption(string name, ConfigValue value, string origin) : ConfigOption(name, value, value.Location)
{
    /// <summary>The scope, as the evaluator names it.</summary>
    public string Origin { get; } = origin;
}
