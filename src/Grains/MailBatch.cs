using System.Buffers;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Grains;

/// <summary>
/// What one call to a peer's grain carries: packages of one session, verbatim and contiguous, and where each ends. Sealed
/// and immutable: inside a process it is passed by reference, between processes its codec reads into pooled memory.
/// </summary>
/// <remarks>
/// Whoever made the batch owns its pooled memory and calls <see cref="Release"/> once nobody can look at it any more:
/// never after a call whose outcome is unknown, since the other side may still be reading it.
/// </remarks>
[Immutable]
public sealed class MailBatch
{
    private byte[]? _packages;
    private int[]? _ends;
    private readonly int _length;
    private volatile bool _isKept;

    /// <summary>Makes a batch of rented arrays; they are its own from here on.</summary>
    /// <param name="id">The batch's id.</param>
    /// <param name="listen">The Listen it came through, as the configuration writes it.</param>
    /// <param name="packages">The packages, from the array's start. Rented from <see cref="ArrayPool{T}.Shared"/>.</param>
    /// <param name="length">Octets in <paramref name="packages"/>.</param>
    /// <param name="ends">The end offset of each package. Rented from <see cref="ArrayPool{T}.Shared"/>.</param>
    /// <param name="count">Packages: at least one.</param>
    public MailBatch(BatchId id, string listen, byte[] packages, int length, int[] ends, int count)
        : this(id, listen, packages, length, ends, count, isReceived: false, enteredAt: null)
    {
    }

    internal MailBatch(BatchId id, string listen, byte[] packages, int length, int[] ends, int count, bool isReceived, SiloAddress? enteredAt)
    {
        ArgumentNullException.ThrowIfNull(packages);
        ArgumentNullException.ThrowIfNull(ends);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, packages.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, ends.Length);
        Id = id;
        Listen = listen;
        _packages = packages;
        _length = length;
        _ends = ends;
        Count = count;
        IsReceived = isReceived;
        EnteredAt = enteredAt;
    }

    /// <summary>The batch's id: an append under an id that is known is answered with the first answer.</summary>
    public BatchId Id { get; }

    /// <summary>The Listen it came through, as the configuration writes it.</summary>
    public string Listen { get; }

    /// <summary>Packages in the batch.</summary>
    public int Count { get; }

    /// <summary>Octets of all packages.</summary>
    public int Length => _length;

    /// <summary>The packages, one behind the other.</summary>
    public ReadOnlyMemory<byte> Packages => (_packages ?? throw Released()).AsMemory(0, _length);

    /// <summary>The end offset of each package in <see cref="Packages"/>, ascending.</summary>
    public ReadOnlyMemory<int> Ends => (_ends ?? throw Released()).AsMemory(0, Count);

    /// <summary>
    /// The running CRC-32C over <see cref="Packages"/>, begun with 0 (<see cref="Crc32C"/>), if whoever made the batch has computed it while the octets were at hand. Null for small
    /// batches, and for those that came over the wire.
    /// </summary>
    public uint? Checksum { get; init; }

    /// <summary>Whether the batch came over the wire, so that the receiving grain owns its memory.</summary>
    public bool IsReceived { get; }

    /// <summary>The silo that sent the batch on to this one, its gateway or its edge: it has been through two silos. Null if it has not.</summary>
    public SiloAddress? EnteredAt { get; }

    /// <summary>One package, verbatim.</summary>
    /// <param name="index">Counted from 0.</param>
    public ReadOnlyMemory<byte> GetPackage(int index)
    {
        var ends = Ends.Span;
        var start = index == 0 ? 0 : ends[index - 1];
        return Packages[start..ends[index]];
    }

    /// <summary>A call that carried the batch had no answer, so its memory may still be read: <see cref="Release"/> leaves it to the collector.</summary>
    public void Keep() => _isKept = true;

    /// <summary>Gives the memory back to the pool. Only the owner calls it, once, and not while a call is undecided.</summary>
    public void Release()
    {
        if (_isKept)
        {
            return;
        }

        var packages = Interlocked.Exchange(ref _packages, null);
        var ends = Interlocked.Exchange(ref _ends, null);
        if (packages is not null)
        {
            ArrayPool<byte>.Shared.Return(packages);
        }

        if (ends is not null)
        {
            ArrayPool<int>.Shared.Return(ends);
        }
    }

    private static ObjectDisposedException Released() => new(nameof(MailBatch), "The batch's memory has been given back.");
}
