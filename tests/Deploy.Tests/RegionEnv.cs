namespace EcStreamOrleans.Deploy.Tests;

internal static class RegionEnv
{
    public static JsonObject Read(string overlay) => new(File.ReadLines(Tree.PathOf($"deploy/kubernetes/overlays/{overlay}/region/region.env"))
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => line.Split('=', 2))
        .Select(pair => KeyValuePair.Create<string, JsonNode?>(pair[0], JsonValue.Create(pair[1]))));
}
