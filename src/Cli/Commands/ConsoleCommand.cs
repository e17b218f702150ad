using System.CommandLine;
using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Cli.Admin;
using EcStreamOrleans.Cli.Terminal;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Cli.Commands;

/// <summary>Commands of Momentum's console, one a call, in its words and with its answers.</summary>
internal static class ConsoleCommand
{
    private const string Examples = """
        The words are those of Momentum's console; 'ecgrid console help' lists them.
        Exit: 0 found, 1 not set or not there, 2 no such command or scope, or the configuration cannot be had.

        Examples:
          ecgrid console config eval ECStream_Listener Listen :1825 Peer 10.0.0.7 ECStream_Idle_Time
          ecgrid console --conf new.conf config showrecurse
          ecgrid console config locate Peer 10.0
        """;

    private const string Help = """
        Commands:
          config  ask for the configuration, or have it read anew ('config help')
          help    this
        """;

    private const string ConfigHelp = """
        config get [SCOPE…] OPTION        what a scope itself sets
        config eval [SCOPE…] OPTION       what holds there by fallback, and where it comes from
        config show [SCOPE…] [OPTION]     what a scope holds; the scopes in it stay closed
        config showrecurse [SCOPE…]       a scope with everything in it
        config locate NAME [TEXT]         where the scopes of a name stand whose instance is, begins with or matches TEXT
        config reload                     have the node read its file anew

        A SCOPE is a name, in any case, and an instance if it has one: ECStream_Listener Listen :1825 Peer 10.0.0.7
        eval tells what holds for a client of any address or block, or of 'unix', whether or not such a Peer is written.
        """;

    private static readonly Dictionary<string, Func<ConfigView, IReadOnlyList<string>, ConfigAnswer>> Questions =
        new(StringComparer.OrdinalIgnoreCase)
        {
            ["get"] = (view, words) => view.Get(words),
            ["eval"] = (view, words) => view.Eval(words),
            ["show"] = (view, words) => view.Show(words),
            ["showrecurse"] = (view, words) => view.ShowRecurse(words),
            ["locate"] = (view, words) => view.Locate(words),
        };

    public static Command Create(CliHost host)
    {
        var admin = AdminOption.Create();
        var conf = new Option<string?>("--conf") { Description = "A configuration file, read without a node.", HelpName = "FILE" };
        var words = new Argument<string[]>("COMMAND") { Description = "A command of the console.", Arity = ArgumentArity.OneOrMore };
        var command = new ExampleCommand("console", "Ask in the words of Momentum's console.", Examples) { words, admin, conf };
        command.SetAction(async (parsed, interrupted) =>
        {
            using var client = new AdminClient(parsed.GetRequiredValue(admin), host.HttpHandler);
            return await RunAsync(host, client, parsed.GetValue(conf), parsed.GetRequiredValue(words), interrupted);
        });
        return command;
    }

    private static async Task<int> RunAsync(CliHost host, AdminClient client, string? conf, string[] words, CancellationToken interrupted)
    {
        switch (words[0].ToUpperInvariant(), words.ElementAtOrDefault(1)?.ToUpperInvariant())
        {
            case ("HELP", null):
                return Print(host, Help);
            case ("CONFIG", null or "HELP"):
                return Print(host, ConfigHelp);
            case ("CONFIG", "RELOAD") when words.Length > 2:
                return host.CannotStart("config reload takes no argument: the node reads the file that it was started with");
            case ("CONFIG", "RELOAD") when conf is not null:
                return host.CannotStart("config reload is for a node; leave --conf out");
            case ("CONFIG", "RELOAD"):
                return await Reload.RunAsync(host, client, interrupted);
            case ("CONFIG", _) when Questions.TryGetValue(words[1], out var question):
                return await AskAsync(host, client, conf, view => question(view, words[2..]), interrupted);
            case ("CONFIG", _):
                return host.CannotStart($"config {words[1]}: no such command; there are {string.Join(", ", Questions.Keys.Append("reload").Append("help").Order(StringComparer.Ordinal))}");
            default:
                return host.CannotStart($"{words[0]}: no such command; there are config, help");
        }
    }

    private static async Task<int> AskAsync(
        CliHost host, AdminClient client, string? conf, Func<ConfigView, ConfigAnswer> ask, CancellationToken interrupted)
    {
        var document = conf is null ? await FromNodeAsync(host, client, interrupted) : FromFile(host, conf);
        if (document is null)
        {
            return ExitCode.CannotStart;
        }

        var answer = ask(new ConfigView(document));
        switch (answer.Kind)
        {
            case ConfigAnswerKind.Found:
                return Print(host, answer.Text);
            case ConfigAnswerKind.NotFound:
                Print(host, answer.Text);
                return ExitCode.NotEverything;
            default:
                return host.CannotStart(answer.Text);
        }
    }

    // Lenient, as a node may be: what a strict one refuses is worth a look, too.
    private static ConfigDocument? FromFile(CliHost host, string file)
    {
        var result = ConfigurationLoader.Load(file, DiskConfigFiles.FromEnvironment(), ConfigStrictness.Lenient);
        if (result.Configuration is not null)
        {
            return result.Document;
        }

        foreach (var diagnostic in result.Diagnostics.Where(d => d.Severity == ConfigSeverity.Error))
        {
            host.Error.WriteLine(Printable.Line(diagnostic.ToString()));
        }

        return null;
    }

    private static async Task<ConfigDocument?> FromNodeAsync(CliHost host, AdminClient client, CancellationToken interrupted)
    {
        var answer = await client.GetAsync("api/v1/config", interrupted);
        if (answer.TryRead(AdminJson.Default.ConfigReport, out var report, out var error))
        {
            // The node has found it valid, with settings that are not known here: only the tree is of interest.
            return ConfigurationLoader.Parse(report.Text, report.File ?? "default").Document;
        }

        host.CannotStart(error);
        return null;
    }

    private static int Print(CliHost host, string text)
    {
        if (text.Length > 0)
        {
            host.Out.WriteLine(Printable.Text(text));
        }

        return ExitCode.Success;
    }
}
