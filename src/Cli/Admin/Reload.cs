using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Cli.Terminal;

namespace EcStreamOrleans.Cli.Admin;

/// <summary>Has a node read its configuration anew, and says what came of it.</summary>
internal static class Reload
{
    public static async Task<int> RunAsync(CliHost host, AdminClient client, CancellationToken interrupted)
    {
        var answer = await client.PostAsync("api/v1/config/reload", interrupted);
        return answer.TryRead(AdminJson.Default.ReloadReport, out var report, out var error) ? Write(report, host.Out) : host.CannotStart(error);
    }

    private static int Write(ReloadReport report, TextWriter output)
    {
        foreach (var diagnostic in report.Errors.Concat(report.Warnings))
        {
            output.WriteLine(Printable.Line(diagnostic));
        }

        output.WriteLine(report.Succeeded ? "Reconfigure complete." : "Reconfigure failed");
        output.WriteLine($"Generation {report.Generation} {(report.Succeeded ? "is" : "stays")} in effect.");
        foreach (var listen in report.Listens)
        {
            output.WriteLine(Printable.Line(
                $"Listen \"{listen.Address}\" {listen.Change}{(listen.Error is null ? string.Empty : $", but does not listen: {listen.Error}")}"));
        }

        // A configuration in effect of which a socket is missing is not all that was asked for.
        return report.Succeeded && report.Listens.All(l => l.Error is null) ? ExitCode.Success : ExitCode.NotEverything;
    }
}
