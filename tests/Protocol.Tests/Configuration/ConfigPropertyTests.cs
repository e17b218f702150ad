using System.Collections.Immutable;
using CsCheck;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

public sealed class ConfigPropertyTests
{
    private static readonly SourceLocation Nowhere = new("f", 1, 1);

    private static readonly string[] Words =
    [
        "ECStream_Listener", "Listen", "\":1825\"", "{", "}", "=", "(", ")", "[", "]", "\"", "include", "Gateway",
        "ECStream_Idle_Time", "300", "\n", ",", "/a/", "<proto", "'",
    ];

    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.String[Gen.Char["abcXYZ019._-"], 1, 8],
        Gen.String[Gen.Char["ab \"\\/*#'={}[](),;<\n\r\t\u201C\u201D\u00A0\u00E9"], 0, 8]);

    private static readonly Gen<ConfigScalar> Scalar = Gen.Select(Text, Gen.Bool, (t, q) => new ConfigScalar(t, q, Nowhere));

    private static readonly Gen<ConfigNode> Option = Gen.Select(Text, Gen.OneOf<ConfigValue>(
        Scalar.Select(s => (ConfigValue)s),
        Scalar.Array[0, 4].Select(a => (ConfigValue)new ConfigArray([.. a], Nowhere)),
        Gen.Select(Text, Scalar).Array[0, 4].Select(a => (ConfigValue)new ConfigDictionary(
            [.. a.Select(e => KeyValuePair.Create(e.Item1, e.Item2))], Nowhere))),
        (name, value) => (ConfigNode)new ConfigOption(name, value, Nowhere));

    [Fact]
    public void Print_AnyTree_ReadsBackAsTheSameTree() =>
        Nodes(depth: 3).Sample(nodes =>
        {
            var document = new ConfigDocument("f", nodes);

            var (parsed, diagnostics) = Trees.Parse(document.ToString());

            Assert.DoesNotContain(diagnostics, d => d.Severity == ConfigSeverity.Error);
            Assert.Equal(Trees.Shape(document), Trees.Shape(parsed));
            Assert.Equal(Trees.Shape(document.Merge()), Trees.Shape(parsed.Merge()));
        });

    [Fact]
    public void Load_AnyGarbage_NeverThrows() =>
        Gen.OneOf(
            Gen.String,
            Gen.String[Gen.Char["ab1 \"\\/*#'={}[](),;<\n\u201D:"], 0, 200],
            Gen.Int[0, Words.Length - 1].Select(i => Words[i]).Array[0, 60].Select(a => string.Join(' ', a)))
        .Sample(text =>
        {
            var result = ConfigurationLoader.Parse(text, "f");

            Assert.NotNull(result.Document);
            Assert.Equal(result.Configuration is null, result.Diagnostics.Any(d => d.Severity == ConfigSeverity.Error));
            Assert.All(result.Diagnostics, d => Assert.True(d.Location.Line > 0 && d.Location.Column > 0, d.ToString()));
        });

    private static Gen<ImmutableArray<ConfigNode>> Nodes(int depth)
    {
        var node = depth == 0
            ? Option
            : Gen.OneOf(
                Option,
                Gen.Select(Text, Gen.OneOf(Gen.Const((string?)null), Text.Select(t => (string?)t)), Nodes(depth - 1),
                    (name, instance, children) => (ConfigNode)new ConfigScope(name, instance, Nowhere, Nowhere, children)));
        return node.Array[0, 4].Select(a => a.ToImmutableArray());
    }
}
