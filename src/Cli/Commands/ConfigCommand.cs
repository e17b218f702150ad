using System.CommandLine;
using EcStreamOrleans.Cli.Admin;

namespace EcStreamOrleans.Cli.Commands;

internal static class ConfigCommand
{
    private const string ReloadExamples = """
        The node reads its file and all it includes again. With an error in it nothing changes.
        Exit: 0 it is in effect, 1 it is not, or a Listen of it does not listen, 2 the node cannot be asked.

        Examples:
          ecgrid validate /etc/ecstream/ecelerity.conf && ecgrid config reload
        """;

    public static Command Create(CliHost host) => new("config", "Work on the configuration of a node.") { CreateReload(host) };

    private static ExampleCommand CreateReload(CliHost host)
    {
        var admin = AdminOption.Create();
        var command = new ExampleCommand("reload", "Have a node read its configuration anew.", ReloadExamples) { admin };
        command.SetAction(async (parsed, interrupted) =>
        {
            using var client = new AdminClient(parsed.GetRequiredValue(admin), host.HttpHandler);
            return await Reload.RunAsync(host, client, interrupted);
        });
        return command;
    }
}
