using System.CommandLine;
using EcStreamOrleans.Cli.Admin;
using EcStreamOrleans.Cli.Consoles;
using EcStreamOrleans.Cli.Terminal;

namespace EcStreamOrleans.Cli.Commands;

/// <summary>The console, in the words of Momentum's and with its answers: one command, a script of them, or a person's.</summary>
internal static class ConsoleCommand
{
    private const int MaxScriptLine = 65_536;

    private const string Examples = """
        Without a COMMAND commands are read from the terminal, or one a line from standard input. 'ecgrid console help' lists them.
        Exit: 0 done, 1 not set, not there or not done, 2 no such command or scope, or the configuration cannot be had.
        Of commands from standard input: 0 if all were done, otherwise 1.

        Examples:
          ecgrid console
          ecgrid console config eval ECStream_Listener Listen :1825 Peer 10.0.0.7 ECStream_Idle_Time
          ecgrid console config set ECStream_Listener Peer 10.0.0.0/16 ECStream_Idle_Time = 60 until +2h reason "slow scanner"
          ecgrid console < changes.txt
          ecgrid console --conf new.conf config showrecurse
        """;

    public static Command Create(CliHost host)
    {
        var admin = AdminOption.Create();
        var conf = new Option<string?>("--conf") { Description = "A configuration file, read without a node.", HelpName = "FILE" };
        var words = new Argument<string[]>("COMMAND") { Description = "A command of the console.", Arity = ArgumentArity.ZeroOrMore };
        var command = new ExampleCommand("console", "Ask and change a node in the words of Momentum's console.", Examples) { words, admin, conf };
        command.SetAction(async (parsed, interrupted) =>
        {
            var url = parsed.GetRequiredValue(admin);
            using var client = new AdminClient(url, host.HttpHandler, Environment.UserName);
            var (line, file) = (parsed.GetValue(words) ?? [], parsed.GetValue(conf));
            var mode = line.Length > 0 ? ConsoleMode.Single : host.Keyboard is null ? ConsoleMode.Script : ConsoleMode.Interactive;
            var session = new ConsoleSession(host, client, file, mode);
            try
            {
                return mode switch
                {
                    ConsoleMode.Single => await session.RunAsync(line, interrupted),
                    ConsoleMode.Script => await RunScriptAsync(host, session, interrupted),
                    _ => await RunInteractiveAsync(host, host.Keyboard!, session, file ?? url.Authority, interrupted),
                };
            }
            catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
            {
                return ExitCode.NotEverything;
            }
        });
        return command;
    }

    private static async Task<int> RunScriptAsync(CliHost host, ConsoleSession session, CancellationToken interrupted)
    {
        using var lines = new StreamReader(host.StandardInput);
        var exit = ExitCode.Success;
        for (var number = 1; !session.IsOver && await lines.ReadLineAsync(interrupted) is { } line; number++)
        {
            if (await RunLineAsync(session, line, interrupted) != ExitCode.Success)
            {
                host.Note($"line {number} failed: {(line.Length > MaxScriptLine ? "too long" : line.Trim())}");
                exit = ExitCode.NotEverything;
            }
        }

        return Leave(session) ? exit : ExitCode.NotEverything;
    }

    private static async Task<int> RunInteractiveAsync(CliHost host, IKeyboard keyboard, ConsoleSession session, string place, CancellationToken interrupted)
    {
        var rule = new string('#', 72);
        await host.Out.WriteLineAsync($"{rule}\n# ecgrid version: {GeneralCommands.Version}\n# {Printable.Line(place)}\n# 'help' lists the commands, Tab completes them, 'quit' leaves.\n{rule}");
        var prompt = new ConsolePrompt(host, keyboard, session, place);
        prompt.Load();
        while (!session.IsOver && await prompt.ReadAsync(interrupted) is { } line)
        {
            await RunLineAsync(session, line, interrupted);
        }

        return Leave(session) ? ExitCode.Success : ExitCode.NotEverything;
    }

    private static async Task<int> RunLineAsync(ConsoleSession session, string line, CancellationToken interrupted)
    {
        if (line.Length > MaxScriptLine)
        {
            return session.Refuse($"a line has at most {MaxScriptLine} characters");
        }

        return !ConsoleWords.TrySplit(line, out var words, out var error) ? session.RefuseLine(error)
            : words.Count == 0 ? ExitCode.Success
            : await session.RunAsync(words, interrupted);
    }

    private static bool Leave(ConsoleSession session)
    {
        if (session.Transaction is null)
        {
            return true;
        }

        session.Host.Note("the open transaction was dropped; nothing of it is in effect");
        return false;
    }
}
