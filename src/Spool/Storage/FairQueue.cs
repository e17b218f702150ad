namespace EcStreamOrleans.Spool;

/// <summary>
/// Appends that wait for the writer, a queue a peer. Peers take turns by deficit round robin (Shreedhar and Varghese, 1996): in each
/// turn a peer may hand over a quantum of bytes, what it does not use for want of a batch that fits counts in its next turn. A peer
/// that floods waits behind itself; one that sends a message now and then is in the next group.
/// </summary>
/// <param name="quantum">Bytes a turn.</param>
internal sealed class FairQueue(long quantum)
{
    private const int MaxUnused = 256;

    private readonly Dictionary<string, PeerQueue> _peers = new(StringComparer.Ordinal);
    private readonly Queue<PeerQueue> _turns = [];
    private readonly Stack<PeerQueue> _unused = [];

    public int Count { get; private set; }

    public void Enqueue(AppendOperation operation)
    {
        if (!_peers.TryGetValue(operation.Batch.Peer, out var peer))
        {
            peer = _unused.TryPop(out var used) ? used : new PeerQueue();
            peer.Name = operation.Batch.Peer;
            _peers.Add(peer.Name, peer);
            _turns.Enqueue(peer);
        }

        peer.Operations.Enqueue(operation);
        Count++;
    }

    /// <summary>Takes the next append by turns, if it is not bigger than that.</summary>
    public bool TryTake(long mostBytes, out AppendOperation operation)
    {
        operation = null!;
        while (_turns.TryPeek(out var peer))
        {
            var next = peer.Operations.Peek();
            if (peer.Deficit < next.RecordBytes && _turns.Count > 1)
            {
                peer.Deficit += quantum;
                _turns.Enqueue(_turns.Dequeue());
                continue;
            }

            if (next.RecordBytes > mostBytes)
            {
                return false;
            }

            operation = peer.Operations.Dequeue();
            peer.Deficit = Math.Max(0, peer.Deficit - operation.RecordBytes);
            Count--;
            if (peer.Operations.Count == 0)
            {
                // An idle peer keeps no claim: otherwise silence could be saved up for a burst.
                _turns.Dequeue();
                _peers.Remove(peer.Name);
                peer.Deficit = 0;
                if (_unused.Count < MaxUnused)
                {
                    _unused.Push(peer);
                }
            }

            return true;
        }

        return false;
    }

    private sealed class PeerQueue
    {
        public Queue<AppendOperation> Operations { get; } = [];

        public string Name { get; set; } = "";

        public long Deficit { get; set; }
    }
}
