using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Relay;

/// <summary>Messages of one spool record that are to be delivered now.</summary>
internal sealed class RelayItem(SpoolRecord record, int[] messages)
{
    private readonly DeliveryResult?[] _results = new DeliveryResult?[messages.Length];
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(int Message, int Recipient)> _deliveredRecipients = [];
    private int _open = messages.Length;

    public SpoolRecord Record { get; } = record;

    /// <summary>The messages' indexes in the record.</summary>
    public int[] Messages { get; } = messages;

    /// <summary>Recipients that were delivered while others of their message were not: (message, recipient).</summary>
    public IReadOnlyList<(int Message, int Recipient)> DeliveredRecipients => _deliveredRecipients;

    /// <summary>Completes when every message has a result.</summary>
    public Task Finished => _finished.Task;

    public ReadOnlyMemory<byte> GetPackage(int place) => Record.GetPackage(Messages[place]);

    /// <summary>The result of the message at <paramref name="place"/>; null while it has none.</summary>
    public DeliveryResult? ResultOf(int place) => _results[place];

    public void SetResult(int place, DeliveryResult result)
    {
        if (_results[place] is not null)
        {
            throw new InvalidOperationException($"Message {Messages[place]} of record {Record.RecordNumber} has its result already.");
        }

        _results[place] = result;
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _finished.SetResult();
        }
    }

    public void AddDeliveredRecipient(int message, int recipient) => _deliveredRecipients.Add((message, recipient));
}
