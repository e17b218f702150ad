namespace EcStreamOrleans.Deploy.Tests;

/// <summary>Ways through a document by a path such as <c>spec.template.spec</c>.</summary>
internal static class JsonPaths
{
    public static JsonNode? At(this JsonNode? node, string path) =>
        path.Split('.').Aggregate(node, (at, key) => at is JsonArray list && int.TryParse(key, out var index) ? index < list.Count ? list[index] : null : (at as JsonObject)?[key]);

    public static string? TextAt(this JsonNode? node, string path) => (node.At(path) as JsonValue)?.GetValue<string>();

    public static IEnumerable<JsonNode> ListAt(this JsonNode? node, string path) => (node.At(path) as JsonArray)?.OfType<JsonNode>() ?? [];

    public static string Kind(this JsonNode node) => node.TextAt("kind") ?? "?";

    public static string Name(this JsonNode node) => node.TextAt("metadata.name") ?? "?";
}
