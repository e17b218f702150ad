using Spectre.Console;

namespace EcStreamOrleans.Cli.Terminal;

/// <summary>A progress bar on standard error while work runs, for a person who watches.</summary>
internal static class ProgressDisplay
{
    private static readonly TimeSpan RefreshPeriod = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs the work, under a bar where one is wanted.</summary>
    public static async Task RunAsync(CliHost host, bool wanted, string title, long total, Func<long> done, Func<Task> work)
    {
        if (!wanted || !host.ShowsProgress)
        {
            await work();
            return;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(host.Error) });
        await console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(Markup.Escape(title), maxValue: total);
                var running = work();
                using var period = new PeriodicTimer(RefreshPeriod, host.TimeProvider);
                while (!running.IsCompleted)
                {
                    bar.Value = done();
                    await Task.WhenAny(running, period.WaitForNextTickAsync().AsTask());
                }

                await running;
            });
    }
}
