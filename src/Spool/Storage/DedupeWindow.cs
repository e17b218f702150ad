using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Spool;

/// <summary>The newest batch ids and their records. Not thread-safe; the append queue's lock guards it.</summary>
internal sealed class DedupeWindow(int capacity)
{
    private readonly Dictionary<BatchId, long> _records = [];
    private readonly Queue<BatchId> _order = [];

    public bool TryFind(BatchId id, out long record) => _records.TryGetValue(id, out record);

    /// <summary>Its place in the order stays: the window is a little smaller until that has come round.</summary>
    public void Remove(BatchId id) => _records.Remove(id);

    public void Add(BatchId id, long record)
    {
        if (_records.TryAdd(id, record))
        {
            _order.Enqueue(id);
            if (_order.Count > capacity)
            {
                _records.Remove(_order.Dequeue());
            }
        }
    }
}
