using System.Buffers;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Edge;

/// <summary>
/// Collects whole packages of one connection into one pooled, contiguous batch: each octet is copied once, from the pipe's
/// buffer to here. Packages that the edge itself refuses are taken out again and their replies kept in place.
/// </summary>
internal sealed class BatchBuilder(IStreamCodec codec, FramingLimits limits) : IBufferWriter<byte>, IDisposable
{
    private const int FirstBytes = 4_096;
    private const int FirstEnds = 16;

    /// <summary>What a core's first cache still holds when it has been written: sums over pieces of it cost a third of what they do later, on the core that writes the spool.</summary>
    private const int SumBytes = 16_384;

    private byte[]? _packages;
    private int[]? _ends;
    private int _length;
    private int _count;
    private int _summed;
    private uint _sum;
    private int _sizeHint = FirstBytes;
    private List<Refusal>? _refusals;

    /// <summary>Packages taken and packages refused: what a reply is owed for.</summary>
    public int Replies => _count + (_refusals?.Count ?? 0);

    /// <summary>Octets held, a part of a package included.</summary>
    public int Length => _length;

    private int PackageStart => _count == 0 ? 0 : _ends![_count - 1];

    /// <summary>The package that was written since the last call is whole: look inside, keep or refuse it.</summary>
    /// <returns>Why it is refused, or <see cref="PackageFault.None"/>.</returns>
    public PackageFault EndPackage()
    {
        var fault = codec.ReadEnvelope(_packages.AsSpan(PackageStart, _length - PackageStart), limits, out _);
        if (fault.Kind != PackageFaultKind.None)
        {
            _length = PackageStart;
            Refuse(ReplyCode.Rejected, fault.ToReplyText());
            return fault;
        }

        _ends ??= ArrayPool<int>.Shared.Rent(FirstEnds);
        if (_count == _ends.Length)
        {
            Grow(ref _ends, _count, _count + 1);
        }

        _ends[_count++] = _length;
        if (_length - _summed >= SumBytes)
        {
            Sum();
        }

        return fault;
    }

    /// <summary>The next reply is this one, without anybody else being asked.</summary>
    public void Refuse(ReplyCode code, string text) => (_refusals ??= []).Add(new Refusal(_count, code, text));

    /// <summary>Forgets the part of a package at the end.</summary>
    public void DropPart() => _length = PackageStart;

    /// <summary>Closes the batch; the builder is empty afterwards and holds no memory.</summary>
    /// <param name="id">The batch's id.</param>
    /// <param name="listen">The Listen of the connection.</param>
    /// <returns>The batch, or null if every package was refused; and the replies of those that were.</returns>
    public (MailBatch? Batch, IReadOnlyList<Refusal> Refusals) Close(BatchId id, string listen)
    {
        IReadOnlyList<Refusal> refusals = _refusals is null ? Array.Empty<Refusal>() : _refusals;
        _refusals = null;
        MailBatch? batch = null;
        if (_count > 0)
        {
            if (_summed > 0)
            {
                Sum();
            }

            batch = new MailBatch(id, listen, _packages!, _length, _ends!, _count) { Checksum = _summed > 0 ? _sum : null };

            // The next batch of a steady stream is about as big: it starts at that size and is not copied while it grows.
            _sizeHint = Math.Clamp(_length, FirstBytes, 1 << 21);
            _packages = null;
            _ends = null;
        }

        Dispose();
        return (batch, refusals);
    }

    public void Dispose()
    {
        if (_packages is not null)
        {
            ArrayPool<byte>.Shared.Return(_packages);
            _packages = null;
        }

        if (_ends is not null)
        {
            ArrayPool<int>.Shared.Return(_ends);
            _ends = null;
        }

        _length = 0;
        _count = 0;
        _summed = 0;
        _sum = 0;
    }

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _packages.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _packages.AsSpan(_length);
    }

    private void Sum()
    {
        _sum = Crc32C.Update(_sum, _packages.AsSpan(_summed, _length - _summed));
        _summed = _length;
    }

    private void Ensure(int sizeHint)
    {
        var needed = _length + Math.Max(sizeHint, 1);
        _packages ??= ArrayPool<byte>.Shared.Rent(Math.Max(needed, _sizeHint));
        if (needed > _packages.Length)
        {
            Grow(ref _packages, _length, needed);
        }
    }

    private static void Grow<T>(ref T[] array, int used, int needed)
    {
        var bigger = ArrayPool<T>.Shared.Rent(Math.Max(needed, array.Length * 2));
        array.AsSpan(0, used).CopyTo(bigger);
        ArrayPool<T>.Shared.Return(array);
        array = bigger;
    }
}

/// <summary>A reply that the edge gives by itself.</summary>
/// <param name="Before">Behind how many of the batch's packages it stands.</param>
/// <param name="Code">The verdict.</param>
/// <param name="Text">Status code and words for a person.</param>
internal readonly record struct Refusal(int Before, ReplyCode Code, string Text);
