using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Spool;

/// <summary>Names a record that waits.</summary>
/// <param name="RecordNumber">The record's number, counted from 1 for the life of the spool.</param>
/// <param name="Count">How many messages it holds, done ones included.</param>
/// <param name="Bytes">How many bytes the record takes: what reading it costs in memory.</param>
/// <param name="Batch">The id of its batch.</param>
/// <param name="Origin">Of a copy: the record's number in its owner's spool; otherwise 0.</param>
public readonly record struct SpoolRecordRef(long RecordNumber, int Count, long Bytes, BatchId Batch, long Origin)
{
    internal SpoolRecordRef(long number, in RecordHeader header)
        : this(number, header.Count, header.TotalBytes, header.Batch, header.Origin)
    {
    }
}

/// <summary>A record read back and verified. Its memory is pooled: no package may be used after <see cref="Dispose"/>.</summary>
public sealed class SpoolRecord : IDisposable
{
    private readonly RecordTable? _table;
    private readonly RecordHeader _header;
    private byte[]? _buffer;

    internal SpoolRecord(byte[] buffer, RecordHeader header, RecordTable? table)
    {
        _buffer = buffer;
        _header = header;
        _table = table;
        Peer = Encoding.UTF8.GetString(buffer, RecordHeader.Size, header.PeerBytes);
        Listener = Encoding.UTF8.GetString(buffer, RecordHeader.Size + header.PeerBytes, header.ListenerBytes);
    }

    /// <summary>The batch's id.</summary>
    public BatchId Id => _header.Batch;

    /// <summary>The record's number.</summary>
    public long RecordNumber => _header.Number;

    /// <summary>The number that message ids go by: the record's own, or that of the record that this one is a copy of.</summary>
    public long KnownAs => _header.Origin == 0 ? _header.Number : _header.Origin;

    /// <summary>The peer that injected the batch.</summary>
    public string Peer { get; }

    /// <summary>The address of the Listen scope that took it.</summary>
    public string Listener { get; }

    /// <summary>When the spool took it.</summary>
    public DateTimeOffset AcceptedAt => new(_header.AcceptedTicks, TimeSpan.Zero);

    /// <summary>How many messages it holds.</summary>
    public int Count => _header.Count;

    /// <summary>One package, verbatim.</summary>
    /// <param name="index">The message's index.</param>
    public ReadOnlyMemory<byte> GetPackage(int index)
    {
        ObjectDisposedException.ThrowIf(_buffer is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        var ends = RecordHeader.Size + _header.PeerBytes + _header.ListenerBytes;
        var start = index == 0 ? 0 : BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(ends + (4 * (index - 1))));
        var end = BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(ends + (4 * index)));
        return _buffer.AsMemory(ends + (4 * Count) + start, end - start);
    }

    /// <summary>Where each package ends, in all of them together.</summary>
    public int[] GetEnds()
    {
        ObjectDisposedException.ThrowIf(_buffer is null, this);
        var ends = new int[Count];
        for (var i = 0; i < Count; i++)
        {
            ends[i] = BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(RecordHeader.Size + _header.PeerBytes + _header.ListenerBytes + (4 * i)));
        }

        return ends;
    }

    /// <summary>All packages, verbatim, one behind the other.</summary>
    public ReadOnlyMemory<byte> GetPackages()
    {
        ObjectDisposedException.ThrowIf(_buffer is null, this);
        return _buffer.AsMemory(RecordHeader.Size + _header.PeerBytes + _header.ListenerBytes + (4 * Count), _header.PayloadBytes);
    }

    /// <summary>Whether a message is done.</summary>
    /// <param name="index">The message's index.</param>
    public bool IsDone(int index) => IsDone(index, SpoolOutcome.AllRecipients);

    /// <summary>Whether a recipient of a message is done.</summary>
    /// <param name="index">The message's index.</param>
    /// <param name="recipient">The recipient's index.</param>
    public bool IsDone(int index, int recipient) => _table is not null && _table.IsDone(RecordNumber, index, recipient);

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads a record from its segment; null when what is there is not that record, whole.</summary>
    internal static SpoolRecord? Read(ISpoolFile file, long offset, RecordHeader expected, ulong key, RecordTable? table)
    {
        var length = (int)expected.TotalBytes;
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        if (file.Read(buffer.AsSpan(0, length), offset) == length
            && RecordHeader.TryRead(buffer.AsSpan(0, length), key, out var header)
            && header == expected
            && header.BodyIsWhole(buffer))
        {
            return new SpoolRecord(buffer, header, table);
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return null;
    }
}
