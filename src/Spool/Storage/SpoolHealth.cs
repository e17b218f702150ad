using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Spool;

/// <summary>Whether the disk takes what it is given. Only a change is logged, so that a full disk is one line and not one a batch.</summary>
internal sealed partial class SpoolHealth(ILogger logger)
{
    private readonly Lock _gate = new();
    private string? _reason;
    private bool _isFull;

    public string? Reason
    {
        get
        {
            lock (_gate)
            {
                return _reason;
            }
        }
    }

    public void Fail(string reason, bool isFull)
    {
        lock (_gate)
        {
            if (_reason is null)
            {
                LogFailing(logger, reason);
            }

            (_reason, _isFull) = (reason, isFull);
        }
    }

    public void Recover()
    {
        lock (_gate)
        {
            if (_reason is not null)
            {
                LogRecovered(logger, _reason);
            }

            _reason = null;
        }
    }

    /// <summary>A segment became free: a full spool takes mail again, and must say so before anyone dares to send it some.</summary>
    public void SpaceReturned()
    {
        lock (_gate)
        {
            if (_isFull)
            {
                Recover();
            }
        }
    }

    [LoggerMessage(1, LogLevel.Error, "The spool refuses mail: {Reason}")]
    private static partial void LogFailing(ILogger logger, string reason);

    [LoggerMessage(2, LogLevel.Information, "The spool takes mail again; it had refused it because {Reason}")]
    private static partial void LogRecovered(ILogger logger, string reason);
}
