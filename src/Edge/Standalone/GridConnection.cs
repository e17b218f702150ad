using EcStreamOrleans.Grains.Policy;

namespace EcStreamOrleans.Edge.Standalone;

/// <summary>
/// Joins the grid behind the start of the edge: first the client, then the policy, and only then mail is taken. The edge listens all the while: whoever
/// sends is told to come again.
/// </summary>
internal sealed class GridConnection(GridClient client, PolicyFollower policy) : BackgroundService
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
    }
}
