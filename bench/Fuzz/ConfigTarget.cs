using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Fuzz;

/// <summary>
/// A site of the tests with damage in one of its files. An input is the path of that file, a line feed, and the file; the site's
/// other files are as they are.
/// </summary>
public sealed partial class ConfigTarget : IFuzzTarget
{
    private const string MainFile = "ecelerity.conf";

    // A hundred errors, a hundred other remarks, and for each kind the line that says that there were more.
    private const int MostDiagnostics = 202;
    private const int MostBytes = 65_536;

    private static readonly string[] Peers = ["10.0.0.1", "192.0.2.200", "127.0.0.1", "2001:db8::1", "::1", "unix"];

    private static readonly ImmutableSortedDictionary<string, string> Files = ReadFiles();

    private static readonly string[] Paths = [.. Files.Keys];

    private static readonly string[] Words = [.. Files.Values.SelectMany(Cut).Distinct(StringComparer.Ordinal)];

    private static readonly string[] Oddities =
    [
        "{", "}", "(", ")", "[", "]", "=", ",", "\"", "'", "#", "/*", "*/", "\\", "\n", "\r", "\0", "\u001b", "\u201c", "\u201d", "\u00a0", "\ufeff",
        "\ud83d", "\ud83d\ude00", "\u202e", "e\u0301", "\u0130", "\u2028", "0", "-1", "+1", "00", "2147483647", "2147483648", "99999999999999999999",
        "1e9", "0x10", "\"\"", "default", "\":0\"", "\"*:0\"", "\"*:1825\"", "\"[::]:1825\"", "\"[0::0]:1825\"", "\":99999\"", "\"/run/x\"", "\"/run/../run/x\"",
        "\"10.0.0.1/32\"", "\"10.0.0.1/8\"", "\"::ffff:10.0.0.1\"", "\"::ffff:10.0.0.0/104\"", "\"::/0\"", "\"0.0.0.0/0\"", "\"[2001:db8::1]\"", "\"fe80::1%eth0\"",
        "include", "readonly_include", "Pathway", "Pathway_Group", "Peer", "Listen", "ECStream_Listener", "ECStream_Idle_Time", "ECStream_Max_Batch_Size",
        "/^a(b|c)+$/", "<proto", ";",
    ];

    // Whole statements: where one fits, the file stays valid and means something else.
    private static readonly string[] Statements =
    [
        " ECStream_Idle_Time = 7 ", " ECStream_Idle_Time = \"08\" ", " ECStream_Max_Batch_Size = 9 ", " Enable = off ", " Pathway = p ", " Pathway = default ",
        " Peer \"10.0.0.1\" { ECStream_Idle_Time = 3 } ", " Peer \"10.0.0.1/32\" { ECStream_Idle_Time = 4 } ", " Peer \"::ffff:10.0.0.1\" { ECStream_Idle_Time = 5 } ",
        " Peer \"10.0.0.77/8\" { ECStream_Max_Batch_Size = 6 } ", " Peer \"::/0\" { } ", " Pathway p { ECStream_Idle_Time = 11 } ", " ECStream_Listener { ECStream_Idle_Time = 12 } ",
        " Pathway_Group g { ECStream_Max_Batch_Size = 13 } ", " Listen \":0\" { ECStream_Idle_Time = 14 } ", " ecstream { } ", " TLS_Certificate = \"/x\" ",
    ];

    private static readonly string[] Snippets =
    [
        "ECStream_Listener { Listen \":1825\" { ECStream_Idle_Time = 300  ECStream_Max_Batch_Size = 10000 } }",
        "ECStream_Listener { Pathway = p Listen \":1825\" { Pathway = \"default\" } } Pathway p { ECStream_Idle_Time = 5 }",
        "Pathway_Group g { ECStream_Idle_Time = 6 Pathway p { } } ECStream_Listener { Listen \"/run/x\" { Pathway = p Peer \"10.0.0.0/8\" { } } }",
        "ESMTP_Listener = { Listen \":465\" { Use_SSL = true } } ecstream {} ECStream_Listener { Listen \"[::]:1825\" { } }",
        "domain \u201cgold.example.com\u201d { delivery_method = \"ECSTREAM\"  ecstream_port = 31337 low_action = (\"throttle\u201d \"down\u201d) }",
        "Domain /google\\.(com|es|ru)$/{ bits [ 0.0.0.1 = \"list1_hits\" # x\n ] headerlist = (\"from\", \"to\",) DEBUG = () }",
        "ECStream_Listener { Listen \":0\" { Peer \"10.0.0.1\" { } Peer \"10.0.0.1/32\" { ECStream_Idle_Time = 2 } } Listen \"*:0\" { File_Mode = 0666 } }",
    ];

    public string Name => "config";

    public byte[] Generate(Random random)
    {
        var (path, text) = random.Next(4) == 0 ? ($"snippet/{MainFile}", random.Pick(Snippets)) : random.Pick(Paths) is var file ? (file, Files[file]) : default;
        var tokens = Cut(text);
        for (var damages = random.Next(1, random.Next(3) == 0 ? 20 : 4); damages > 0; damages--)
        {
            Mutations.Damage(tokens, random, () => random.Pick(random.Pick([Oddities, Words, Statements])));
        }

        if (random.Next(40) == 0)
        {
            var depth = random.Pick([10, 63, 64, 65, 2_000]);
            tokens.InsertRange(random.Next(tokens.Count + 1), Enumerable.Repeat(random.Pick(["a {", "Peer \"::1\" {", "a = (", "a [", "}"]), depth));
        }

        var octets = Encoding.UTF8.GetBytes(string.Concat(tokens));
        if (random.Next(4) == 0)
        {
            Mutations.Flip(octets, random, most: 4);
        }

        return [.. Encoding.UTF8.GetBytes(path), (byte)'\n', .. octets.AsSpan(0, Math.Min(octets.Length, MostBytes))];
    }

    public void Check(byte[] input)
    {
        var end = Array.IndexOf(input, (byte)'\n');
        var path = Encoding.UTF8.GetString(input, 0, end);
        var text = Encoding.UTF8.GetString(input, end + 1, input.Length - end - 1);
        var site = path[..path.IndexOf('/', StringComparison.Ordinal)];
        var files = new MemoryFiles(Files.SetItem(path, text));
        foreach (var strictness in new[] { ConfigStrictness.Strict, ConfigStrictness.Lenient })
        {
            Check(ConfigurationLoader.Load($"{site}/{MainFile}", files, strictness), strictness);
        }
    }

    private static void Check(ConfigurationResult result, ConfigStrictness strictness)
    {
        FuzzException.ThrowUnless(result.Diagnostics.Length <= MostDiagnostics, $"{result.Diagnostics.Length} diagnostics");
        var hasError = result.Diagnostics.Any(d => d.Severity == ConfigSeverity.Error);
        FuzzException.ThrowUnless(hasError == result.Configuration is null, "a configuration in spite of an error, or none without");
        if (result.Document is not { } document)
        {
            return;
        }

        var shown = document.ToString();
        var again = ConfigurationLoader.Parse(shown, "shown", strictness);
        FuzzException.ThrowUnless(Shape(again.Document!) == Shape(document), $"what is shown reads back as another tree:\n{shown}");
        var view = new ConfigView(document);
        Ask(view, document, isValid: !hasError);
        if (result.Configuration is { } configuration)
        {
            FuzzException.ThrowUnless(
                again.Configuration is { } other && WithoutDirectories(configuration).Equals(WithoutDirectories(other)), $"what is shown takes effect in another way:\n{shown}\n{string.Join('\n', again.Diagnostics)}");
            Compare(view, configuration);
        }
    }

    // A relative path is looked for beside the file that states it, and what is shown stands in no directory.
    private static GridConfiguration WithoutDirectories(GridConfiguration configuration) => configuration with
    {
        Listens = [.. configuration.Listens.Select(listen => listen.Tls is not { } tls ? listen : listen with
        {
            Tls = tls with { Certificate = NameOf(tls.Certificate)!, Key = NameOf(tls.Key), ClientCa = NameOf(tls.ClientCa) },
        })],
    };

    private static ConfigPath? NameOf(ConfigPath? path) => path is null ? null : path with { Path = Path.GetFileName(path.Path) };

    private static void Compare(ConfigView view, GridConfiguration configuration)
    {
        foreach (var listen in configuration.Listens.Take(4).Select(l => l.Address).Append(":9"))
        {
            foreach (var name in Peers)
            {
                FuzzException.ThrowUnless(PeerId.TryParse(name, out var peer), $"{name} is a peer");
                var policy = PolicyEvaluator.Evaluate(configuration, OverrideSet.Empty, listen, peer);
                string[] scopes = ["ECStream_Listener", "Listen", listen, "Peer", name];
                Compare(view.Eval([.. scopes, "ECStream_Idle_Time"]), (long)policy.IdleTime.Value.TotalSeconds, policy.IdleTime.Origin);
                Compare(view.Eval([.. scopes, "ECStream_Max_Batch_Size"]), policy.MaxBatchSize.Value, policy.MaxBatchSize.Origin);
            }
        }
    }

    private static void Compare(ConfigAnswer answer, long value, string origin)
    {
        var parts = answer.Text.Split(" = ", 2)[^1].Split("  # ", 2);
        FuzzException.ThrowUnless(
            answer.Kind == ConfigAnswerKind.Found
            && long.TryParse(parts[0].Trim('"'), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var told)
            && told == value
            && parts[1] == (origin == PolicyEvaluator.DefaultOrigin ? origin : $"from {origin}"),
            $"config eval says '{answer.Text}', in effect is {value} from {origin}");
    }

    // Every question must have an answer, whatever stands in the tree.
    private static void Ask(ConfigView view, ConfigDocument document, bool isValid)
    {
        view.Show([]);
        foreach (var path in ScopePaths(document.Children, []).Take(20))
        {
            var shown = view.Show(path).Kind;
            FuzzException.ThrowUnless(shown == ConfigAnswerKind.Found || !isValid, $"'{string.Join(' ', path)}' is in the tree, and is not found");
            view.ShowRecurse(path);
            view.Get([.. path, "ECStream_Idle_Time"]);
            foreach (var option in new[] { "Pathway", "TLS_Certificate", "Gateway" })
            {
                view.Eval([.. path, option]);
            }

            view.Locate([.. path.TakeLast(2)]);
        }
    }

    private static IEnumerable<string[]> ScopePaths(ImmutableArray<ConfigNode> nodes, string[] parent)
    {
        foreach (var scope in nodes.OfType<ConfigScope>())
        {
            string[] path = scope.Instance is null ? [.. parent, scope.Name] : [.. parent, scope.Name, scope.Instance];
            yield return path;
            foreach (var inner in ScopePaths(scope.Children, path))
            {
                yield return inner;
            }
        }
    }

    private static string Shape(ConfigDocument document)
    {
        var output = new StringBuilder();
        Shape(output, document.Children);
        return output.ToString();
    }

    private static void Shape(StringBuilder output, ImmutableArray<ConfigNode> nodes)
    {
        foreach (var node in nodes)
        {
            output.Append('\u0001').Append(node.Name).Append('\u0002');
            switch (node)
            {
                case ConfigScope scope:
                    output.Append(scope.Instance ?? "\u0003");
                    Shape(output, scope.Children);
                    output.Append('\u0004');
                    break;
                case ConfigOption { Value: ConfigScalar scalar }:
                    output.Append(scalar.Text);
                    break;
                case ConfigOption { Value: ConfigArray array }:
                    output.AppendJoin('\u0005', array.Items.Select(i => i.Text)).Append('\u0006');
                    break;
                case ConfigOption { Value: ConfigDictionary dictionary }:
                    output.AppendJoin('\u0007', dictionary.Entries.Select(e => $"{e.Key}\u0008{e.Value.Text}")).Append('\u000e');
                    break;
            }
        }
    }

    private static List<string> Cut(string text) => [.. Token().Matches(text).Select(m => m.Value)];

    private static ImmutableSortedDictionary<string, string> ReadFiles()
    {
        var assembly = typeof(ConfigTarget).Assembly;
        return assembly.GetManifestResourceNames()
            .Where(n => n.EndsWith(".conf", StringComparison.Ordinal))
            .ToImmutableSortedDictionary(n => n, Read, StringComparer.Ordinal);

        string Read(string name)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return reader.ReadToEnd();
        }
    }

    [GeneratedRegex("""[A-Za-z0-9_.]+|"[^"]*"|\s+|.""", RegexOptions.Singleline)]
    private static partial Regex Token();

    private sealed class MemoryFiles(ImmutableSortedDictionary<string, string> files) : IConfigFiles
    {
        public ImmutableArray<string> SearchPath => [];

        public ConfigPathKind Probe(string path) =>
            files.ContainsKey(path) ? ConfigPathKind.File
            : files.Keys.Any(f => f.StartsWith(path.TrimEnd('/') + "/", StringComparison.Ordinal)) ? ConfigPathKind.Directory
            : ConfigPathKind.Missing;

        public string GetFullPath(string path) => Path.GetFullPath(path, "/");

        public IReadOnlyList<string> ListFiles(string directory) =>
            [.. files.Keys.Where(f => Path.GetDirectoryName(f) == directory.TrimEnd('/')).Select(f => Path.GetFileName(f)!)];

        public string ReadText(string path) => files.TryGetValue(path, out var text) ? text : throw new FileNotFoundException("no such file", path);
    }
}
