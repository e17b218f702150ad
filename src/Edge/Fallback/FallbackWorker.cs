namespace EcStreamOrleans.Edge.Fallback;

/// <summary>Keeps the <see cref="FallbackRoute"/> up to date, where there is one.</summary>
internal sealed partial class FallbackWorker(FallbackRoute route, TimeProvider clock, ILogger<FallbackWorker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!route.IsOn)
        {
            return;
        }

        using var timer = new PeriodicTimer(FallbackRoute.Period, clock);
        do
        {
            try
            {
                await route.JudgeAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(257, LogLevel.Error, "Fallback: whether it is needed could not be found out; it is tried again in a second")]
    private partial void LogFailed(Exception error);
}
