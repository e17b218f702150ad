using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using EcStreamOrleans.Cli.Admin;
using EcStreamOrleans.Cli.Commands;

namespace EcStreamOrleans.Cli;

/// <summary>The command: its tree of subcommands, and what all of them share.</summary>
internal static class EcGrid
{
    // Above the five seconds that an interrupted run waits for replies on their way, so that its summary is printed.
    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(15);

    public static async Task<int> RunAsync(string[] args, CliHost host, CancellationToken cancellationToken)
    {
        using var tokens = new TokenHandler(host.HttpHandler);
        host = host with { HttpHandler = tokens, HoldsToken = tokens.IsIn };
        var tokenFile = new Option<FileInfo?>("--token-file")
        {
            Description = "The file with the token of the admin API; without it ECGRID_TOKEN.",
            HelpName = "FILE",
            Recursive = true,
        };

        // An argument that starts with @ is an argument, not the name of a file with more of them.
        var parsed = Build(host, tokenFile).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            return host.CannotStart($"{parsed.Errors[0].Message} (see ecgrid {CommandPath(parsed)}--help)");
        }

        if (tokens.Take(parsed.GetValue(tokenFile), host.Token) is { } noToken)
        {
            return host.CannotStart(noToken);
        }

        var configuration = new InvocationConfiguration
        {
            Output = host.Out,
            Error = host.Error,
            ProcessTerminationTimeout = TerminationTimeout,
        };
        return await parsed.InvokeAsync(configuration, cancellationToken);
    }

    private static RootCommand Build(CliHost host, Option<FileInfo?> tokenFile)
    {
        var root = new RootCommand("The operator's and the tester's command of an ECStream grid.")
        {
            InjectCommand.Create(host),
            SinkCommand.Create(host),
            LoadCommand.Create(host),
            StatusCommand.Create(host),
            SpoolCommand.Create(host),
            ValidateCommand.Create(host),
            ConfigCommand.Create(host),
            ConsoleCommand.Create(host),
            tokenFile,
        };
        foreach (var option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction help })
            {
                option.Action = new HelpWithExamples(help);
            }
        }

        return root;
    }

    private static string CommandPath(ParseResult parsed)
    {
        var path = string.Empty;
        for (var at = parsed.CommandResult; at.Parent is System.CommandLine.Parsing.CommandResult parent; at = parent)
        {
            path = $"{at.Command.Name} {path}";
        }

        return path;
    }

    /// <summary>The usual help, then what the command's author would type.</summary>
    private sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            help.Invoke(parseResult);
            if (parseResult.CommandResult.Command is ICommandWithExamples { Examples: var examples })
            {
                parseResult.InvocationConfiguration.Output.WriteLine(examples);
            }

            return ExitCode.Success;
        }
    }
}
