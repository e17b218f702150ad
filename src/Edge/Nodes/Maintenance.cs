using EcStreamOrleans.Grains;

namespace EcStreamOrleans.Edge.Nodes;

/// <summary>
/// Whether an operator has taken the node out of service: it is not ready, so that a load balancer sends nobody, and who comes all the same is put off;
/// sessions that are open go on. It ends with the operator's word or the process.
/// </summary>
public sealed partial class Maintenance(ILogger<Maintenance> logger)
{
    private volatile string? _reason;

    /// <summary>Why; null in service.</summary>
    public string? Reason => _reason;

    /// <summary>What a new session is told; null in service.</summary>
    internal SessionRefused? Refusal => _reason is { } reason ? new SessionRefused($"4.3.2 this node is in maintenance: {reason}", nameof(Maintenance)) : null;

    /// <summary>Begins or ends it.</summary>
    /// <param name="reason">Why; null ends it.</param>
    /// <param name="actor">Who wants it.</param>
    public void Set(string? reason, string actor)
    {
        _reason = reason;
        if (reason is null)
        {
            LogEnded(actor);
        }
        else
        {
            LogBegun(actor, reason);
        }
    }

    [LoggerMessage(231, LogLevel.Warning, "In maintenance by {Actor}: {Reason}. New sessions are put off, open ones go on")]
    private partial void LogBegun(string actor, string reason);

    [LoggerMessage(232, LogLevel.Information, "In service again by {Actor}")]
    private partial void LogEnded(string actor);
}
