using EcStreamOrleans.Grains.Nodes;
using EcStreamOrleans.Grains.Policy;

namespace EcStreamOrleans.Edge.Standalone;

/// <summary>
/// Joins the grid behind the start of the edge: first the client, then the policy, and only then mail is taken. The edge listens all the while: whoever
/// sends is told to come again.
/// </summary>
internal sealed partial class GridConnection(GridClient client, PolicyFollower policy, TimeProvider clock, ILogger<GridConnection> logger) : BackgroundService
{
    private bool _isConnected;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_isConnected)
        {
            await policy.StopAsync(cancellationToken);
            await client.StopAsync(cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await client.ConnectAsync(stoppingToken);
        _isConnected = true;
        await policy.StartAsync(stoppingToken);
        client.Open();

        using var timer = new PeriodicTimer(GridClient.RetryPeriod, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            client.Heard(await IsAnsweredAsync(stoppingToken));
        }
    }

    /// <summary>
    /// Orleans' client connects when something is called, and no mail is handed on while nothing is connected: so something is called. It also does not notice that
    /// silos say nothing more on connections that stay open.
    /// </summary>
    private async Task<bool> IsAnsweredAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Of no node, which changes nothing; and of a grain that needs no store, which may be away while mail flows.
            await client.Grains.GetGrain<INodesGrain>(0).LeaveAsync("", cancellationToken);
            return true;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotReached(error);
            return false;
        }
    }

    [LoggerMessage(242, LogLevel.Debug, "Grid: still no silo can be reached")]
    private partial void LogNotReached(Exception error);
}
