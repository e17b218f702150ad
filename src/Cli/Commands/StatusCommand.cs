using System.CommandLine;
using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Cli.Admin;

namespace EcStreamOrleans.Cli.Commands;

internal static class StatusCommand
{
    private const string Examples = """
        Exit: 0 the node is ready, 1 it answers and is not, 2 it cannot be asked.

        Examples:
          ecgrid status
          ecgrid status --admin http://10.0.0.5:8025 --json
        """;

    public static Command Create(CliHost host)
    {
        var admin = AdminOption.Create();
        var json = new Option<bool>("--json") { Description = "Print the admin API's answer about the node as it is; GET /api/v1/grid has the other nodes." };
        var command = new ExampleCommand("status", "Show how a node is: listeners, sessions, peers, spool, relay; and the other nodes of its cluster.", Examples) { admin, json };
        command.SetAction((parsed, interrupted) => RunAsync(host, parsed.GetRequiredValue(admin), parsed.GetValue(json), interrupted));
        return command;
    }

    private static async Task<int> RunAsync(CliHost host, Uri admin, bool json, CancellationToken interrupted)
    {
        using var client = new AdminClient(admin, host.HttpHandler);
        var answer = await client.GetAsync("api/v1/status", interrupted);
        if (!answer.TryRead(AdminJson.Default.StatusReport, out var report, out var error))
        {
            return host.CannotStart(answer.Content is null ? error : $"{admin}: {error}");
        }

        if (json)
        {
            await host.Out.WriteLineAsync(System.Text.Encoding.UTF8.GetString(answer.Content!));
        }
        else
        {
            StatusPage.Write(report, host.Out);
            if ((await client.GetAsync("api/v1/grid", interrupted)).TryRead(AdminJson.Default.GridReport, out var grid, out error))
            {
                StatusPage.Write(grid, host.Out);
            }
            else
            {
                host.Note($"the other nodes are not known: {error}");
            }
        }

        return report.Ready ? ExitCode.Success : ExitCode.NotEverything;
    }
}
