using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Relay;

/// <summary>
/// Messages of one spool record that are to be delivered now. A gateway client gives each its result, whenever it has one; the
/// relay takes results as they come, so that what is delivered is recorded soon and not only with the last of its record.
/// </summary>
internal sealed class RelayItem(RelaySource source, SpoolRecord record, int[] messages)
{
    private readonly Lock _lock = new();
    private readonly DeliveryResult?[] _results = new DeliveryResult?[messages.Length];
    private readonly List<(int Message, int Recipient)> _deliveredRecipients = [];
    private List<RelayResult> _untaken = [];
    private TaskCompletionSource _news = NewSignal();
    private int _taken;
    private bool _hasStarted;

    public RelaySource Source { get; } = source;

    public SpoolRecord Record { get; } = record;

    /// <summary>The messages' indexes in the record.</summary>
    public int[] Messages { get; } = messages;

    /// <summary>Recipients that were delivered while others of their message were not.</summary>
    public IReadOnlyList<(int Message, int Recipient)> DeliveredRecipients => _deliveredRecipients;

    public ReadOnlyMemory<byte> GetPackage(int place) => Record.GetPackage(Messages[place]);

    public void AddDeliveredRecipient(int message, int recipient) => _deliveredRecipients.Add((message, recipient));

    /// <summary>Asked before a message goes out. False when nothing of its spool is delivered here any more: the message has its result then.</summary>
    public bool TryStart(int place)
    {
        lock (_lock)
        {
            if (_hasStarted ? !Source.IsWithdrawn : Source.TryStart())
            {
                _hasStarted = true;
                return true;
            }
        }

        SetResult(place, DeliveryResult.Temporary("4.3.0 its owner delivers it"));
        return false;
    }

    /// <summary>All that has come of the item is recorded.</summary>
    public void End()
    {
        lock (_lock)
        {
            if (_hasStarted)
            {
                Source.End();
            }
        }
    }

    public void SetResult(int place, DeliveryResult result)
    {
        lock (_lock)
        {
            if (_results[place] is not null)
            {
                throw new InvalidOperationException($"Message {Messages[place]} of record {Record.RecordNumber} has its result already.");
            }

            _results[place] = result;
            _untaken.Add(new RelayResult(Messages[place], result));
            _news.TrySetResult();
        }
    }

    /// <summary>Gives every message without a result this one: nobody works on the item any more.</summary>
    public void Abandon(DeliveryResult result)
    {
        for (var place = 0; place < Messages.Length; place++)
        {
            lock (_lock)
            {
                if (_results[place] is null)
                {
                    SetResult(place, result);
                }
            }
        }
    }

    /// <summary>Waits for results and takes all that there are.</summary>
    /// <returns>The results; none when every message's has been taken.</returns>
    public async ValueTask<List<RelayResult>> TakeResultsAsync()
    {
        while (true)
        {
            Task news;
            lock (_lock)
            {
                if (_untaken.Count > 0 || _taken == Messages.Length)
                {
                    var results = _untaken;
                    _untaken = [];
                    _taken += results.Count;
                    _news = _news.Task.IsCompleted ? NewSignal() : _news;
                    return results;
                }

                news = _news.Task;
            }

            await news;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A message of a record and how the attempt to deliver it ended.</summary>
/// <param name="Message">Its index in the record.</param>
/// <param name="Result">The result.</param>
internal readonly record struct RelayResult(int Message, DeliveryResult Result);
