using System.Reflection;
using YamlDotNet.RepresentationModel;

namespace EcStreamOrleans.Deploy.Tests;

/// <summary>The files of the repository.</summary>
internal static class Tree
{
    public static readonly string Root = Metadata("RepositoryRoot");

    public static string Metadata(string key) =>
        typeof(Tree).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(m => m.Key == key).Value!;

    public static string PathOf(string path) => Path.Combine(Root, path);

    public static string Text(string path) => File.ReadAllText(PathOf(path));

    public static IEnumerable<string> Files(string directory, string pattern) => Directory
        .EnumerateFiles(PathOf(directory), pattern, SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Root, file))
        .Where(file => !file.Split('/').Any(part => part is "bin" or "obj"))
        .Order(StringComparer.Ordinal);

    /// <summary>The documents of a YAML file; every scalar is a string, whatever YAML makes of it.</summary>
    public static List<JsonNode> Yaml(string path)
    {
        var stream = new YamlStream();
        using var reader = new StreamReader(PathOf(path));
        stream.Load(reader);
        return [.. stream.Documents.Select(document => Convert(document.RootNode)!)];
    }

    private static JsonNode? Convert(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Select(pair => KeyValuePair.Create(((YamlScalarNode)pair.Key).Value!, Convert(pair.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Select(Convert)]),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value ?? string.Empty),
        _ => throw new InvalidDataException($"{node.NodeType} at {node.Start}"),
    };
}
