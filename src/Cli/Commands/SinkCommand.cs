using System.CommandLine;
using EcStreamOrleans.Cli.Sinking;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Cli.Commands;

internal static class SinkCommand
{
    private const string Examples = """
        The first line says where it listens; port 0 takes a free one. Ctrl-C, or --max, ends it with a summary.
        With --maildir a message is accepted only when it is in the Maildir, durably, once for each recipient.
        Exit: 0, or 1 if --max was not reached or a delivery failed, or 2 if it cannot listen.

        Examples:
          ecgrid sink --listen 127.0.0.1:0
          ecgrid sink --listen 127.0.0.1:2825 --maildir /tmp/received --max 1000
          ecgrid sink --listen unix:/tmp/gateway.sock --reply Z
        """;

    public static Command Create(CliHost host)
    {
        var listen = CommonOptions.Endpoint("--listen", "Where to listen.");
        var maildir = new Option<string?>("--maildir") { Description = "Deliver into this Maildir; made when missing.", HelpName = "DIR" };
        var reply = new Option<string>("--reply") { Description = "The verdict on every sound package.", DefaultValueFactory = _ => "K" };
        reply.AcceptOnlyFromAmong("K", "Z", "D");
        var max = new Option<int?>("--max")
        {
            Description = "End after so many messages.",
            HelpName = "N",
            CustomParser = static argument => CommonOptions.ParseNumber(argument, "--max", 1, int.MaxValue),
        };
        var command = new ExampleCommand("sink", "Take messages, as an ECStream server.", Examples) { listen, maildir, reply, max };
        command.Validators.Add(result =>
        {
            if (result.GetResult(maildir) is not null && result.GetResult(reply)?.Tokens is [{ Value: not "K" }])
            {
                result.AddError("--maildir goes with --reply K only: what is not accepted is not delivered");
            }
        });
        command.SetAction((parsed, interrupted) => Sink.RunAsync(
            host,
            new SinkOptions(
                parsed.GetRequiredValue(listen),
                parsed.GetValue(maildir),
                (ReplyCode)parsed.GetRequiredValue(reply)[0],
                parsed.GetValue(max)),
            interrupted));
        return command;
    }
}
