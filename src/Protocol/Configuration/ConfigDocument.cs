using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>The syntax tree of a configuration: the global scope, with every include in its place.</summary>
/// <param name="file">The main file.</param>
/// <param name="children">The scopes and options of the global scope, in the order they were written.</param>
public sealed class ConfigDocument(string file, ImmutableArray<ConfigNode> children)
{
    /// <summary>The main file.</summary>
    public string File { get; } = file;

    /// <summary>The scopes and options of the global scope, in the order they were written.</summary>
    public ImmutableArray<ConfigNode> Children { get; } = children;

    /// <summary>
    /// The files that the tree was read from, in the order they were entered, the main file first. A file that was reached by two
    /// spellings of its path is there under both, as the locations of the nodes name it.
    /// </summary>
    public ImmutableArray<ConfigFile> Files { get; init; } = [new ConfigFile(file, IsReadOnly: false)];

    /// <summary>
    /// The tree as it counts: the parts of one scope instance are joined where its first part stands, and of several
    /// options of one name in one scope only the last is left. All spellings of a Peer's block are one instance.
    /// </summary>
    public ConfigDocument Merge() => new(File, Merge(Children)) { Files = Files };

    /// <summary>The tree as text that reads back as the same tree, two spaces to a level.</summary>
    public override string ToString() => ConfigPrinter.Print(this);

    // Depth of recursion is bounded by the parser's cap on nesting.
    private static ImmutableArray<ConfigNode> Merge(ImmutableArray<ConfigNode> nodes)
    {
        var places = new Dictionary<(bool IsScope, string Name, string? Instance), int>();
        var groups = new List<List<ConfigNode>>();
        foreach (var node in nodes)
        {
            var scope = node as ConfigScope;
            var key = (scope is not null, node.Name.ToUpperInvariant(), scope is null ? null : ScopePath.Instance(scope.Name, scope.Instance));
            if (places.TryGetValue(key, out var place))
            {
                groups[place].Add(node);
            }
            else
            {
                places.Add(key, groups.Count);
                groups.Add([node]);
            }
        }

        return [.. groups.Select(Join)];
    }

    private static ConfigNode Join(List<ConfigNode> group) =>
        group[0] is ConfigScope first
            ? new ConfigScope(
                first.Name,
                first.Instance,
                first.Location,
                first.InstanceLocation,
                Merge([.. group.Cast<ConfigScope>().SelectMany(s => s.Children)]))
            : group[^1];
}
