using System.CommandLine;
using EcStreamOrleans.Cli.Injecting;

namespace EcStreamOrleans.Cli.Commands;

internal static class InjectCommand
{
    private const string Examples = """
        Each FILE is sent unchanged, as one message to all recipients. Replies are awaited for every one.
        A server that closes after one reply gets one message a connection; what it had not read is sent again.
        "" as --from is the null sender. Exit: 0 everything accepted, 1 something not, 2 nothing sent.

        Examples:
          ecgrid inject --to 127.0.0.1:1825 --from a@example.com --rcpt b@example.com message.eml
          ecgrid inject --to unix:/run/ecstream.sock --from "" --rcpt b@example.com - < bounce.eml
          ecgrid inject --to 127.0.0.1:1825 --from a@example.com --rcpt b@example.com --repeat 1000 --connections 4 --json *.eml
        """;

    public static Command Create(CliHost host)
    {
        var to = CommonOptions.Endpoint("--to", "The server.");
        var from = new Option<string>("--from") { Description = "The envelope sender.", HelpName = "ADDRESS", Required = true };
        var recipients = new Option<string[]>("--rcpt") { Description = "A recipient; may be given several times.", HelpName = "ADDRESS", Required = true };
        var connections = CommonOptions.Connections();
        var window = CommonOptions.Window();
        var repeat = CommonOptions.Number("--repeat", "How often each FILE is sent.", 1, 1, 100_000_000);
        var json = CommonOptions.Json();
        var files = new Argument<string[]>("FILE") { Description = "Messages; - is standard input.", Arity = ArgumentArity.OneOrMore };
        var command = new ExampleCommand("inject", "Send messages to an ECStream server and check every reply.", Examples)
        {
            to, from, recipients, connections, window, repeat, json, files,
        };
        command.SetAction((parsed, interrupted) => Injection.RunAsync(
            host,
            new InjectOptions(
                parsed.GetRequiredValue(to),
                parsed.GetRequiredValue(from),
                parsed.GetRequiredValue(recipients),
                parsed.GetValue(connections),
                parsed.GetValue(window),
                parsed.GetValue(repeat),
                parsed.GetValue(json),
                parsed.GetRequiredValue(files)),
            interrupted));
        return command;
    }
}
