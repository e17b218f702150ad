using System.Security.Cryptography;
using System.Text;
using EcStreamOrleans.Grains.Nodes;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Edge.Nodes;

/// <summary>Keeps the node in the cluster's book of nodes. Cut off from it the node goes on, and is missing there.</summary>
public sealed partial class NodeReporter(
    INodeHealth health, SessionRegistry sessions, PolicyFollower policy, LivePolicy live, NodeAnswers answers, IGrainFactory grains, TimeProvider clock, ILogger<NodeReporter> logger)
    : BackgroundService
{
    private INodeObserver? _observer;
    private bool _isKnown;
    private bool _isFailing;
    private (long Generation, string Digest) _configuration;

    /// <summary>The node as it is now.</summary>
    public NodeReport Report()
    {
        var totals = sessions.Totals;
        return new NodeReport(
            policy.Node,
            health.Role,
            health.Zone,
            health.Version,
            health.StartedAt,
            health.FindObstacles(),
            Digest(live.Configuration.Current),
            live.Overrides.Version,
            policy.Trouble,
            sessions.Active,
            totals.Accepted,
            totals.Deferred,
            totals.Rejected,
            health.Spool,
            health.FindWarnings());
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (!_isKnown)
        {
            return;
        }

        try
        {
            await grains.GetGrain<INodesGrain>(0).LeaveAsync(policy.Node, cancellationToken);
        }
        catch (Exception error)
        {
            // The lease ends by itself.
            LogNotReported(error);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(INodesGrain.ReportPeriod, clock);
        do
        {
            try
            {
                _observer ??= grains.CreateObjectReference<INodeObserver>(answers);
                await grains.GetGrain<INodesGrain>(0).ReportAsync(Report(), _observer, stoppingToken);
                (_isKnown, _isFailing) = (true, false);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                if (!_isFailing)
                {
                    LogNotReported(error);
                }

                _isFailing = true;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private string Digest(LoadedConfiguration configuration)
    {
        if (_configuration.Generation != configuration.Generation)
        {
            var octets = SHA256.HashData(Encoding.UTF8.GetBytes(configuration.Document.ToString()));
            _configuration = (configuration.Generation, Convert.ToHexStringLower(octets.AsSpan(0, 6)));
        }

        return _configuration.Digest;
    }

    [LoggerMessage(230, LogLevel.Debug, "The cluster's book of nodes could not be reached; trying again")]
    private partial void LogNotReported(Exception error);
}
