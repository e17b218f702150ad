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

    private long _group;

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

    /// <summary>Begins a group: what peers have had of the one before counts no more.</summary>
    public void BeginGroup() => _group++;

    /// <summary>Takes the next append of a group by turns.</summary>
    /// <param name="mostBytes">Takes none that is bigger.</param>
    /// <param name="mostOfPeer">A peer that would have more of the group than this waits for the next one, unless it has had nothing of it.</param>
    /// <param name="operation">The append.</param>
    public bool TryTake(long mostBytes, long mostOfPeer, out AppendOperation operation)
    {
        operation = null!;
        var served = 0;
        while (served < _turns.Count)
        {
            var peer = _turns.Peek();
            var next = peer.Operations.Peek();
            if (peer.Group == _group && peer.GroupBytes + next.RecordBytes > mostOfPeer)
            {
                served++;
                _turns.Enqueue(_turns.Dequeue());
                continue;
            }

            served = 0;
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
            peer.GroupBytes = operation.RecordBytes + (peer.Group == _group ? peer.GroupBytes : 0);
            peer.Group = _group;
            Count--;
            if (peer.Operations.Count == 0)
            {
                // An idle peer keeps no claim: otherwise silence could be saved up for a burst.
                _turns.Dequeue();
                _peers.Remove(peer.Name);
                (peer.Deficit, peer.Group) = (0, -1);
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

        /// <summary>The last group that took from this peer, and how much.</summary>
        public long Group { get; set; } = -1;

        public long GroupBytes { get; set; }
    }
}
