using System.CommandLine;
using System.Text.Json;
using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Cli.Admin;
using EcStreamOrleans.Cli.Terminal;

namespace EcStreamOrleans.Cli.Commands;

internal static class SpoolCommand
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 10_000;

    private const string ListExamples = """
        Exit: 0, or 2 if the spool cannot be read.

        Examples:
          ecgrid spool list
          ecgrid spool list --limit 1000 --json
          ecgrid spool list --data /var/lib/ecstream
        """;

    private const string ShowExamples = """
        The message goes to standard output, byte for byte; the envelope goes to standard error, so that a redirection
        gets the message alone. Exit: 0 found, 1 no such message, 2 the spool cannot be read.

        Examples:
          ecgrid spool show ID
          ecgrid spool show ID > message.eml
        """;

    public static Command Create(CliHost host) => new("spool", "Look into the spool of a node.") { CreateList(host), CreateShow(host) };

    private static ExampleCommand CreateList(CliHost host)
    {
        var admin = AdminOption.Create();
        var data = DataOption();
        var limit = CommonOptions.Number("--limit", "Messages at most.", DefaultLimit, 1, MaxLimit);
        var json = CommonOptions.Json();
        var command = new ExampleCommand("list", "List the messages that wait or have failed, oldest first.", ListExamples) { admin, data, limit, json };
        command.SetAction(async (parsed, interrupted) =>
        {
            using var client = new AdminClient(parsed.GetRequiredValue(admin), host.HttpHandler);
            return await ListAsync(host, View(client, parsed.GetValue(data)), parsed.GetValue(limit), parsed.GetValue(json), interrupted);
        });
        return command;
    }

    private static ExampleCommand CreateShow(CliHost host)
    {
        var admin = AdminOption.Create();
        var data = DataOption();
        var id = new Argument<string>("ID") { Description = "The id that the reply gave." };
        var command = new ExampleCommand("show", "Show one message of the spool.", ShowExamples) { id, admin, data };
        command.SetAction(async (parsed, interrupted) =>
        {
            using var client = new AdminClient(parsed.GetRequiredValue(admin), host.HttpHandler);
            return await ShowAsync(host, View(client, parsed.GetValue(data)), parsed.GetRequiredValue(id), interrupted);
        });
        return command;
    }

    private static Option<string?> DataOption() => new("--data") { Description = "The data directory of a node, read without the node.", HelpName = "DIR" };

    // A directory says which spool is meant, so it wins over the admin API's default.
    private static ISpoolView View(AdminClient client, string? data) => data is null ? new AdminSpoolView(client) : new DataSpoolView(data);

    private static async Task<int> ListAsync(CliHost host, ISpoolView view, int limit, bool json, CancellationToken interrupted)
    {
        var result = await view.ListAsync(limit, interrupted);
        if (result.Value is not { } listing)
        {
            return host.CannotStart(result.Error);
        }

        if (json)
        {
            await host.Out.WriteLineAsync(JsonSerializer.Serialize(listing, AdminJson.Default.SpoolListing));
            return ExitCode.Success;
        }

        if (listing.Messages.Count == 0)
        {
            await host.Out.WriteLineAsync("the spool holds no message");
            return ExitCode.Success;
        }

        TextTable.Write(
            host.Out,
            ["ID", "STATE", "ACCEPTED", "PEER", "BYTES", "SENDER", "RECIPIENTS", "TEXT"],
            listing.Messages.Select(entry => new[]
            {
                entry.Id, entry.State, $"{entry.AcceptedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z", entry.Peer, $"{entry.PackageBytes}",
                $"<{entry.Sender}>", Recipients(entry.Recipients), entry.Text ?? string.Empty,
            }));
        if (listing.Truncated)
        {
            await host.Out.WriteLineAsync("… and more (--limit)");
        }

        return ExitCode.Success;
    }

    private static async Task<int> ShowAsync(CliHost host, ISpoolView view, string id, CancellationToken interrupted)
    {
        var result = await view.FindAsync(id, interrupted);
        if (result.Value is not { } message)
        {
            if (!result.IsMissing)
            {
                return host.CannotStart(result.Error);
            }

            host.Note($"the spool holds no message {id}");
            return ExitCode.NotEverything;
        }

        var entry = message.Entry;
        await WriteLineAsync(host, "Id", entry.Id);
        await WriteLineAsync(host, "State", entry.State);
        await WriteLineAsync(host, "Peer", entry.Peer);
        await WriteLineAsync(host, "Accepted-At", $"{entry.AcceptedAt:O}");
        await WriteLineAsync(host, "Sender", $"<{entry.Sender}>");
        foreach (var recipient in entry.Recipients)
        {
            await WriteLineAsync(host, "Recipient", $"<{recipient}>");
        }

        if (entry.Text is { } text)
        {
            await WriteLineAsync(host, "Text", text);
        }

        await host.Error.WriteLineAsync();
        await host.StandardOutput.WriteAsync(message.Message, interrupted);
        await host.StandardOutput.FlushAsync(interrupted);
        return ExitCode.Success;
    }

    private static Task WriteLineAsync(CliHost host, string name, string value) => host.Error.WriteLineAsync($"{name}: {Printable.Line(value)}");

    private static string Recipients(IReadOnlyList<string> recipients) =>
        recipients.Count == 0 ? string.Empty : recipients.Count == 1 ? $"<{recipients[0]}>" : $"<{recipients[0]}> and {recipients.Count - 1} more";
}
