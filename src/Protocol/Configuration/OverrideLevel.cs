using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>What is set at the Peer scopes of the ECStream_Listener, or of one Listen.</summary>
/// <remarks>
/// A dictionary by block, and which prefix lengths there are: an address is looked up once for each of them, the longest first. Sites
/// use a handful of lengths, and unlike a sorted array this changes in logarithmic time.
/// </remarks>
internal sealed class OverrideLevel
{
    private const int Lengths = 129;

    private readonly ImmutableDictionary<CidrBlock, Entry> _entries;
    private readonly int[] _counts4;
    private readonly int[] _counts6;
    private readonly byte[] _lengths4;
    private readonly byte[] _lengths6;

    private OverrideLevel(ImmutableDictionary<CidrBlock, Entry> entries, int[] counts4, int[] counts6)
    {
        (_entries, _counts4, _counts6) = (entries, counts4, counts6);
        _lengths4 = LongestFirst(counts4);
        _lengths6 = LongestFirst(counts6);
    }

    public static OverrideLevel Empty { get; } = new(ImmutableDictionary<CidrBlock, Entry>.Empty, new int[Lengths], new int[Lengths]);

    public int Count => _entries.Count;

    public IEnumerable<KeyValuePair<CidrBlock, PeerOverride>> Entries => _entries.Select(e => KeyValuePair.Create(e.Key, e.Value.Override));

    public PeerOverride? Get(CidrBlock block) => _entries.TryGetValue(block, out var entry) ? entry.Override : null;

    /// <summary>The scopes that hold an address, from the longest prefix to the shortest: for <c>foreach</c>, without an allocation.</summary>
    public Matches Find(CidrBlock address) => new(this, address);

    public Builder ToBuilder(string listen) => new(this, listen);

    private static byte[] LongestFirst(int[] counts) =>
        [.. Enumerable.Range(0, Lengths).Reverse().Where(length => counts[length] > 0).Select(length => (byte)length)];

    /// <param name="Override">What is set.</param>
    /// <param name="Level">The same as the evaluator takes it.</param>
    private sealed record Entry(PeerOverride Override, PolicyLevel Level);

    public struct Matches(OverrideLevel level, CidrBlock address)
    {
        private readonly byte[] _lengths = address.IsIPv6 ? level._lengths6 : level._lengths4;
        private int _next;

        public (int PrefixLength, PolicyLevel Level) Current { get; private set; }

        public readonly Matches GetEnumerator() => this;

        public bool MoveNext()
        {
            while (_next < _lengths.Length)
            {
                var length = _lengths[_next++];
                if (level._entries.TryGetValue(address.Shortened(length), out var entry))
                {
                    Current = (length, entry.Level);
                    return true;
                }
            }

            return false;
        }
    }

    public sealed class Builder(OverrideLevel level, string listen)
    {
        private readonly ImmutableDictionary<CidrBlock, Entry>.Builder _entries = level._entries.ToBuilder();
        private readonly int[] _counts4 = [.. level._counts4];
        private readonly int[] _counts6 = [.. level._counts6];

        public PeerOverride? Get(CidrBlock block) => _entries.TryGetValue(block, out var entry) ? entry.Override : null;

        public void Set(CidrBlock block, PeerOverride value)
        {
            var counts = block.IsIPv6 ? _counts6 : _counts4;
            counts[block.PrefixLength] -= _entries.Remove(block) ? 1 : 0;
            if (!value.IsNone)
            {
                var origin = $"{new PeerScope(listen, block)} (override)";
                counts[block.PrefixLength]++;
                _entries.Add(block, new Entry(value, new PolicyLevel(origin, value.IdleTime, value.MaxBatchSize)
                {
                    Suspended = value.Suspended,
                    SuspendedReason = value.SuspendedReason,
                }));
            }
        }

        public OverrideLevel ToLevel() => new(_entries.ToImmutable(), _counts4, _counts6);
    }
}
