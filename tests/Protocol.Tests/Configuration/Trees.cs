using System.Collections.Immutable;
using System.Text;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

/// <summary>Parses at the level of the grammar, and shows trees in a form that owes nothing to the printer under test.</summary>
internal static class Trees
{
    public static (ConfigDocument Document, ImmutableArray<ConfigDiagnostic> Diagnostics) Parse(string text) =>
        Parse(text, new MemoryConfigFiles());

    public static (ConfigDocument Document, ImmutableArray<ConfigDiagnostic> Diagnostics) Parse(
        string text, MemoryConfigFiles files, ConfigStrictness strictness = ConfigStrictness.Strict)
    {
        var bag = new DiagnosticBag();
        var document = ConfigParser.Parse(text, "f", files, strictness, bag);
        return (document, bag.ToImmutable());
    }

    public static string Shape(ConfigDocument document)
    {
        var output = new StringBuilder();
        foreach (var child in document.Children)
        {
            Shape(output, child);
        }

        return output.ToString();
    }

    private static void Shape(StringBuilder output, ConfigNode node)
    {
        if (node is ConfigScope scope)
        {
            output.Append('<').Append(scope.Name).Append('|').Append(scope.Instance ?? "-").Append('>');
            foreach (var child in scope.Children)
            {
                Shape(output, child);
            }

            output.Append("</>");
            return;
        }

        output.Append(node.Name).Append(((ConfigOption)node).Value switch
        {
            ConfigScalar scalar => $"={scalar.Text}",
            ConfigArray array => $"=({string.Join('|', array.Items.Select(i => i.Text))})",
            ConfigDictionary dictionary => $"=[{string.Join('|', dictionary.Entries.Select(e => $"{e.Key}:{e.Value.Text}"))}]",
            _ => "?",
        }).Append(';');
    }
}

/// <summary>Files in a dictionary; a directory is what some file's path begins with.</summary>
internal sealed class MemoryConfigFiles : IConfigFiles
{
    public Dictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

    public ImmutableArray<string> SearchPath { get; init; } = [];

    public string this[string path]
    {
        set => Files[path] = value;
    }

    public ConfigPathKind Probe(string path) =>
        Files.ContainsKey(path) ? ConfigPathKind.File
        : Files.Keys.Any(f => f.StartsWith(path.TrimEnd('/') + "/", StringComparison.Ordinal)) ? ConfigPathKind.Directory
        : ConfigPathKind.Missing;

    public string GetFullPath(string path) => Path.GetFullPath(path, "/cwd");

    public IReadOnlyList<string> ListFiles(string directory) =>
        [.. Files.Keys.Where(f => Path.GetDirectoryName(f) == directory.TrimEnd('/')).Select(f => Path.GetFileName(f)!).Reverse()];

    public string ReadText(string path) =>
        Files[path] is "DENIED" ? throw new UnauthorizedAccessException("Permission denied") : Files[path];
}
