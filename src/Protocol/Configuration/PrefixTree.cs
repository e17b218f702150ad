namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// Values by blocks of addresses, for finding all blocks that hold an address, the longest prefix first. It never changes,
/// and a look-up allocates nothing.
/// </summary>
/// <typeparam name="T">What is kept for a block.</typeparam>
/// <remarks>
/// Blocks are either nested or apart. Sorted by their first address, the outer before the inner, the last block that begins
/// at or before an address therefore is the innermost that holds it, or stands inside of all those that do: one binary
/// search and a walk outwards along the links to the enclosing block. The walk is no longer than a prefix has bits.
/// </remarks>
public sealed class PrefixTree<T> : IEquatable<PrefixTree<T>>
{
    private const int None = -1;

    private readonly Node[] _nodes;
    private readonly int _firstIPv6;

    /// <summary>A tree without a block.</summary>
    public PrefixTree()
        : this([])
    {
    }

    /// <summary>A tree of these blocks.</summary>
    /// <param name="entries">The blocks, each once, in any order.</param>
    /// <exception cref="ArgumentException">A block is there twice.</exception>
    public PrefixTree(IEnumerable<KeyValuePair<CidrBlock, T>> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        _nodes = [.. entries
            .OrderBy(e => e.Key.IsIPv6)
            .ThenBy(e => e.Key.Start)
            .ThenBy(e => e.Key.PrefixLength)
            .Select(e => new Node(e.Key, e.Value, None))];
        _firstIPv6 = Array.FindIndex(_nodes, n => n.Block.IsIPv6) is var first and >= 0 ? first : _nodes.Length;
        for (var i = 1; i < _nodes.Length; i++)
        {
            if (_nodes[i].Block == _nodes[i - 1].Block)
            {
                throw new ArgumentException($"The block {_nodes[i].Block} is there twice.", nameof(entries));
            }

            _nodes[i] = _nodes[i] with { Outer = FirstThatHolds(_nodes[i].Block, i - 1) };
        }
    }

    /// <summary>The blocks with their values, IPv4 before IPv6, each by its first address, outer before inner.</summary>
    public IEnumerable<KeyValuePair<CidrBlock, T>> Entries => _nodes.Select(n => KeyValuePair.Create(n.Block, n.Value));

    /// <summary>How many blocks there are.</summary>
    public int Count => _nodes.Length;

    /// <summary>
    /// All blocks that hold the peer's address, from the longest prefix to the shortest. The peer of the Unix sockets is
    /// found as 127.0.0.1 and, after that, as ::1.
    /// </summary>
    /// <param name="peer">The peer.</param>
    public Matches Find(PeerId peer) =>
        peer.Block is { } address
            ? FindAddress(address)
            : new(this, InnermostOf(CidrBlock.LoopbackIPv4), InnermostOf(CidrBlock.LoopbackIPv6));

    /// <summary>All blocks that hold an address, from the longest prefix to the shortest.</summary>
    internal Matches FindAddress(CidrBlock address) => new(this, InnermostOf(address), None);

    /// <summary>Whether the other tree has the same blocks with equal values.</summary>
    /// <param name="other">The other tree.</param>
    public bool Equals(PrefixTree<T>? other) => other is not null && _nodes.AsSpan().SequenceEqual(other._nodes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PrefixTree<T>);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_nodes.Length, _nodes.FirstOrDefault());

    private int InnermostOf(CidrBlock address)
    {
        var (low, high) = address.IsIPv6 ? (_firstIPv6, _nodes.Length) : (0, _firstIPv6);
        var first = low;
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (_nodes[middle].Block.Start <= address.Start)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low == first ? None : FirstThatHolds(address, low - 1);
    }

    private int FirstThatHolds(CidrBlock block, int index)
    {
        while (index != None && !_nodes[index].Block.Contains(block))
        {
            index = _nodes[index].Outer;
        }

        return index;
    }

    private readonly record struct Node(CidrBlock Block, T Value, int Outer);

    /// <summary>The blocks that hold an address: for <c>foreach</c>, without an allocation.</summary>
    public struct Matches
    {
        private readonly PrefixTree<T> _tree;
        private int _next;
        private int _then;

        internal Matches(PrefixTree<T> tree, int next, int then)
        {
            (_tree, _next, _then) = next == None ? (tree, then, None) : (tree, next, then);
            Current = default;
        }

        /// <summary>The block that is reached, with its value.</summary>
        public KeyValuePair<CidrBlock, T> Current { get; private set; }

        /// <summary>Whether any block holds the address.</summary>
        public readonly bool Any => _next != None;

        /// <summary>The blocks themselves, from the longest prefix on.</summary>
        public readonly Matches GetEnumerator() => this;

        /// <summary>Goes on to the next block outwards.</summary>
        /// <returns><see langword="false"/> if there is none.</returns>
        public bool MoveNext()
        {
            if (_next == None)
            {
                return false;
            }

            var node = _tree._nodes[_next];
            Current = new(node.Block, node.Value);
            (_next, _then) = node.Outer == None ? (_then, None) : (node.Outer, _then);
            return true;
        }
    }
}
