using System.Collections.Immutable;
using System.Text;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Writes a syntax tree in the form of the console's <c>config showrecurse</c>; the text parses back to the same tree.</summary>
internal static class ConfigPrinter
{
    public static string Print(ConfigDocument document)
    {
        var output = new StringBuilder();
        PrintNodes(output, document.Children, depth: 0);
        return output.ToString();
    }

    /// <summary>One node with all that it holds.</summary>
    public static string Print(ConfigNode node)
    {
        var output = new StringBuilder();
        PrintNodes(output, [node], depth: 0);
        return output.ToString();
    }

    /// <summary>One level: the scopes in it stay closed.</summary>
    public static string PrintLevel(ImmutableArray<ConfigNode> nodes)
    {
        var output = new StringBuilder();
        foreach (var node in nodes)
        {
            if (node is ConfigScope scope)
            {
                output.Append(Heading(scope)).Append(" { ... }\n");
            }
            else
            {
                PrintNodes(output, [node], depth: 0);
            }
        }

        return output.ToString();
    }

    /// <summary>An option under the name that the console gives it.</summary>
    public static string Print(string name, ConfigValue value, int depth)
    {
        var output = Indent(new StringBuilder(), depth).Append(BareOrQuoted(name)).Append(" = ");
        PrintValue(output, value, depth);
        return output.ToString();
    }

    /// <summary>A scope's name and instance, as they stand before its brace.</summary>
    public static string Heading(ConfigScope scope) =>
        scope.Instance is null ? BareOrQuoted(scope.Name) : $"{BareOrQuoted(scope.Name)} {Quote(scope.Instance)}";

    private static void PrintNodes(StringBuilder output, ImmutableArray<ConfigNode> nodes, int depth)
    {
        foreach (var node in nodes)
        {
            Indent(output, depth);
            if (node is ConfigScope scope)
            {
                PrintScope(output, scope, depth);
            }
            else
            {
                output.Append(BareOrQuoted(node.Name)).Append(" = ");
                PrintValue(output, ((ConfigOption)node).Value, depth);
            }

            output.Append('\n');
        }
    }

    private static void PrintScope(StringBuilder output, ConfigScope scope, int depth)
    {
        output.Append(Heading(scope)).Append(" {\n");
        PrintNodes(output, scope.Children, depth + 1);
        Indent(output, depth).Append('}');
    }

    private static void PrintValue(StringBuilder output, ConfigValue value, int depth)
    {
        switch (value)
        {
            case ConfigScalar scalar:
                output.Append(Scalar(scalar));
                break;
            case ConfigArray array:
                output.Append("(\n");
                foreach (var item in array.Items)
                {
                    Indent(output, depth + 1).Append(Scalar(item)).Append('\n');
                }

                Indent(output, depth).Append(')');
                break;
            case ConfigDictionary dictionary:
                output.Append("[\n");
                foreach (var (key, entry) in dictionary.Entries)
                {
                    Indent(output, depth + 1).Append(BareOrQuoted(key)).Append(" = ").Append(Scalar(entry)).Append('\n');
                }

                Indent(output, depth).Append(']');
                break;
        }
    }

    private static StringBuilder Indent(StringBuilder output, int depth) => output.Append(' ', depth * 2);

    private static string Scalar(ConfigScalar scalar) => scalar.IsQuoted ? Quote(scalar.Text) : BareOrQuoted(scalar.Text);

    // A slash could begin a comment or a regular expression, '<' the old syntax and ';' a slip: they go in quotes.
    private static string BareOrQuoted(string text) =>
        text.Length > 0 && text.All(c => ConfigCharacters.IsWord(c) && c is not ('/' or ';' or '<')) ? text : Quote(text);

    // The lexer takes a backslash as itself unless a quote or another backslash follows: only there it needs a second
    // one, and regular expressions come out as they went in.
    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            var escape = ConfigCharacters.IsQuote(c)
                || (c == '\\' && (i + 1 == text.Length || text[i + 1] == '\\' || ConfigCharacters.IsQuote(text[i + 1])));
            quoted.Append(escape ? "\\" : "").Append(c);
        }

        return quoted.Append('"').ToString();
    }
}
