using System.Runtime.InteropServices;
using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Edge.Nodes;
using EcStreamOrleans.Grains.Nodes;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Silo.Configuration;
using EcStreamOrleans.Silo.Copies;
using EcStreamOrleans.Silo.Relay;
using EcStreamOrleans.Silo.Spooling;

namespace EcStreamOrleans.Silo.Admin;

/// <summary>What the node says of itself: readiness and the whole status.</summary>
internal sealed class NodeStatus(
    SpoolHost spoolHost,
    RelayWorker relay,
    RelayInstruments relayInstruments,
    RetryQueue retries,
    SessionRegistry sessions,
    EdgeListeners listeners,
    PolicyFollower policy,
    LivePolicy live,
    EdgeReadiness edge,
    GridSettings settings,
    TimeProvider clock,
    CopySender? copies = null,
    CopyHolder? held = null) : INodeHealth
{
    /// <summary>The status lists this many peers, the busiest: it is for people.</summary>
    private const int MostPeers = 1_000;

    private readonly long _started = clock.GetTimestamp();

    public string Role => "silo";

    public string? Zone => settings.Clustering.Zone;

    public string Version => NodeProgram.Version;

    public DateTimeOffset StartedAt { get; } = clock.GetUtcNow();

    public NodeSpool? Spool
    {
        get
        {
            if (!spoolHost.IsOpen)
            {
                return null;
            }

            var status = spoolHost.Spool.GetStatus();
            return new NodeSpool(status.MessagesWaiting, status.OldestAcceptedAt is { } oldest ? clock.GetUtcNow() - oldest : null, status.BytesUsed);
        }
    }

    /// <summary>What keeps the node from taking mail; empty if nothing does.</summary>
    public IReadOnlyList<string> FindObstacles()
    {
        List<string> obstacles = [.. edge.FindObstacles()];
        if (!spoolHost.IsOpen)
        {
            obstacles.Add("spool: not open");
        }
        else if (spoolHost.Spool.GetStatus() is { Healthy: false } status)
        {
            obstacles.Add($"spool: {status.Reason}");
        }

        if (copies?.Obstacle is { } obstacle)
        {
            obstacles.Add($"copies: {obstacle}");
        }

        return obstacles;
    }

    public IReadOnlyList<string> FindWarnings() => edge.FindWarnings();

    public StatusReport Report()
    {
        var obstacles = FindObstacles();
        var totals = sessions.Totals;
        var overrides = live.Overrides;
        return new StatusReport(
            Environment.MachineName,
            NodeProgram.Version,
            clock.GetUtcNow(),
            clock.GetElapsedTime(_started).TotalSeconds,
            obstacles.Count == 0,
            obstacles,
            [.. listeners.All.Select(l => new ListenStatus(l.Address, l.EndPoint?.ToString(), sessions.CountOn(l.Address), l.Error))],
            new SessionCounts(sessions.Active, sessions.Total, totals.Accepted, totals.Deferred, totals.Rejected),
            [.. sessions.Peers
                .OrderByDescending(p => p.Accepted)
                .Take(MostPeers)
                .Select(p => new PeerStatus(p.Peer.Key, p.Sessions, p.Batches, p.Accepted, p.Deferred, p.Rejected, p.Bytes, p.LastActivity))],
            new PolicyReport(overrides.Version, overrides.Count, policy.Trouble),
            ReportSpool(),
            new RelayReport(
                relay.State,
                relay.Gateway?.DeliveryMethod,
                relay.Gateway?.Gateway,
                relayInstruments.Delivered,
                relayInstruments.Deferred,
                relayInstruments.Failed,
                retries.Messages,
                relay.Gateway?.Trouble ?? relayInstruments.LastError,
                relayInstruments.LastDelivery))
        {
            Warnings = FindWarnings(),
            Process = new ProcessReport(
                Environment.ProcessId,
                RuntimeInformation.OSDescription,
                RuntimeInformation.FrameworkDescription,
                Environment.ProcessorCount,
                Environment.WorkingSet,
                GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
            Copies = copies is null || held is null || !spoolHost.IsOpen ? null : new CopiesReport(
                settings.Spool.Copies,
                copies.Partner?.Spool,
                copies.Partner?.Zone,
                copies.Missing,
                [.. held.Report()]),
        };
    }

    private SpoolReport ReportSpool()
    {
        if (!spoolHost.IsOpen)
        {
            return new SpoolReport("", settings.Spool.Directory, Healthy: false, "not open", 0, 0, 0, null, 0, 0, 0);
        }

        var status = spoolHost.Spool.GetStatus();
        return new SpoolReport(
            spoolHost.Spool.Id,
            settings.Spool.Directory,
            status.Healthy,
            status.Reason,
            status.MessagesWaiting,
            status.RecordsWaiting,
            status.BytesUsed,
            status.OldestAcceptedAt is { } oldest ? (clock.GetUtcNow() - oldest).TotalSeconds : null,
            status.SegmentsInUse,
            status.SegmentsSpare,
            status.FailedMessages);
    }
}
