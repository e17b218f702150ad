using EcStreamOrleans.Silo.Relay;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Copies;

/// <summary>Copies that are delivered in the place of their owner, until it is back.</summary>
internal sealed class TakenOverSource(CopySpool copies) : RelaySource
{
    private readonly Lock _lock = new();
    private readonly Queue<SpoolRecordRef> _records = new(copies.GetWaiting());
    private readonly TaskCompletionSource _quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _withdrawn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _underWay;
    private bool _isClosed;

    public override MailSpool Spool => copies.Spool;

    public override bool IsWithdrawn => _withdrawn.Task.IsCompleted;

    public override async ValueTask<SpoolRecordRef?> NextAsync(CancellationToken cancellationToken)
    {
        if (_records.TryDequeue(out var record) && !IsWithdrawn)
        {
            return record;
        }

        // Nothing comes to the copies of the dead.
        await _withdrawn.Task.WaitAsync(cancellationToken);
        return null;
    }

    public override ValueTask RecordAsync(SpoolRecordRef record, ReadOnlyMemory<SpoolOutcome> outcomes)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                // Its owner has been told all that it ever will, and goes by that.
                return default;
            }
        }

        return copies.RecordAsync(outcomes);
    }

    public override bool TryStart()
    {
        lock (_lock)
        {
            _underWay += IsWithdrawn ? 0 : 1;
            return !IsWithdrawn;
        }
    }

    public override void End()
    {
        lock (_lock)
        {
            _underWay--;
            CheckQuiet();
        }
    }

    /// <summary>Delivers nothing more. What has gone out gets a while for its reply; what has none by then is the owner's again.</summary>
    public async Task WithdrawAsync(TimeSpan patience, TimeProvider clock)
    {
        lock (_lock)
        {
            _withdrawn.TrySetResult();
            CheckQuiet();
        }

        await Task.WhenAny(_quiet.Task, Task.Delay(patience, clock));
        lock (_lock)
        {
            _isClosed = true;
        }
    }

    private void CheckQuiet()
    {
        if (IsWithdrawn && _underWay == 0)
        {
            _quiet.TrySetResult();
        }
    }
}
