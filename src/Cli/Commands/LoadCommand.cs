using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using EcStreamOrleans.Cli.Loading;

namespace EcStreamOrleans.Cli.Commands;

internal static class LoadCommand
{
    private const int MaxCount = 100_000_000;
    private const int MaxSize = 32_000_000;

    private const string Examples = """
        Every message is distinct: RUN-CONNECTION-NUMBER in Message-ID, X-Load-Id and the body, and the body's CRC-32C in
        X-Load-Body. --ledger appends "id crc" for each accepted message, so that what a server kept can be balanced against
        what it accepted. A connection that breaks is not opened again: sent = accepted + deferred + rejected + unanswered,
        and what was never sent is notSent.
        Exit: 0 everything accepted, 1 something not, 2 nothing sent or the ledger failed.

        Examples:
          ecgrid load --to 127.0.0.1:1825 --size 1024 --count 1000000 --connections 4
          ecgrid load --to unix:/run/ecstream.sock --size 10240 --count 100000 --window 100 --json
          ecgrid load --to 127.0.0.1:1825 --size 1024 --count 50000 --ledger accepted.txt
          ecgrid load --to 127.0.0.1:1825 --size 1024 --count 1000 --window 1 --bind 127.0.0.2
          ecgrid load --to 127.0.0.1:1825 --size 1024 --count 600000 --connections 50 --peers 50 --rate 10000
        """;

    public static Command Create(CliHost host)
    {
        var to = CommonOptions.Endpoint("--to", "The server; this machine, unless --allow-remote is given.");
        var size = CommonOptions.RequiredNumber("--size", "Bytes of each message.", 1, MaxSize);
        size.HelpName = "BYTES";
        var count = CommonOptions.RequiredNumber("--count", "Messages.", 1, MaxCount);
        var connections = CommonOptions.Connections();
        var window = CommonOptions.Window();
        var json = CommonOptions.Json();
        var from = new Option<string>("--from") { Description = "The envelope sender.", HelpName = "ADDRESS", DefaultValueFactory = _ => "load@ecgrid.invalid" };
        var recipient = new Option<string>("--rcpt") { Description = "The recipient.", HelpName = "ADDRESS", DefaultValueFactory = _ => "sink@ecgrid.invalid" };
        var ledger = new Option<string?>("--ledger") { Description = "Append accepted messages to this file.", HelpName = "FILE" };
        var allowRemote = new Option<bool>("--allow-remote") { Description = "The server may be another machine." };
        var bind = new Option<IPAddress?>("--bind")
        {
            Description = "Connect from this address of this machine: to the server, another peer.",
            HelpName = "ADDRESS",
            CustomParser = ParseAddress,
        };
        var peers = CommonOptions.Number("--peers", "From so many addresses in turn, --bind (127.0.0.1 without it) and those behind it: to the server, as many peers.", 1, 1, CommonOptions.MaxConnections);
        var rate = CommonOptions.Number("--rate", "Messages a second at most, of all connections; at least one for each. 0: as fast as the server takes them.", 0, 0, MaxCount);
        var command = new ExampleCommand("load", "Measure an ECStream server with distinct messages.", Examples)
        {
            to, size, count, connections, window, json, from, recipient, ledger, bind, peers, rate, allowRemote,
        };
        command.SetAction((parsed, interrupted) => LoadRun.RunAsync(
            host,
            new LoadOptions(
                parsed.GetRequiredValue(to),
                parsed.GetValue(size),
                parsed.GetValue(count),
                parsed.GetValue(connections),
                parsed.GetValue(window),
                parsed.GetValue(json),
                parsed.GetRequiredValue(from),
                parsed.GetRequiredValue(recipient),
                parsed.GetValue(ledger),
                parsed.GetValue(allowRemote),
                parsed.GetValue(bind),
                parsed.GetValue(peers),
                parsed.GetValue(rate)),
            interrupted));
        return command;
    }

    private static IPAddress? ParseAddress(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (!IPAddress.TryParse(text, out var address))
        {
            argument.AddError($"--bind {text}: must be an IP address");
        }

        return address;
    }
}
