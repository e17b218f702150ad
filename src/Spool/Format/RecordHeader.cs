using System.Buffers.Binary;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Spool;

/// <summary>
/// The fixed part of a record; docs/spool-format.md has the table of its fields. A header carries the key of its spool, a random number
/// that no peer knows: bytes inside a package can therefore never pass for a record when a scan looks for the next one.
/// </summary>
internal readonly record struct RecordHeader(
    RecordKind Kind,
    long Generation,
    long Number,
    long CommittedThrough,
    BatchId Batch,
    long AcceptedTicks,
    int Count,
    int PeerBytes,
    int ListenerBytes,
    int PayloadBytes)
{
    public const int Size = 104;
    public const int Alignment = 8;
    public const ulong Magic = 0x3152_4C4F_4F50_5345; // "ESPOOLR1"
    private const ushort Version = 1;

    /// <summary>Of a copy: the record's number in its owner's spool; otherwise 0.</summary>
    public long Origin { get; init; }

    /// <summary>The whole record's length: header, peer, listener, ends, packages, CRC, padded to <see cref="Alignment"/>.</summary>
    public long TotalBytes => Total(Count, PeerBytes, ListenerBytes, PayloadBytes);

    /// <summary>The length up to the CRC that closes the record.</summary>
    public long CheckedBytes => Size + PeerBytes + ListenerBytes + (4L * Count) + PayloadBytes;

    public static long Total(int count, int peerBytes, int listenerBytes, int payloadBytes) =>
        (Size + peerBytes + listenerBytes + (4L * count) + payloadBytes + sizeof(uint) + Alignment - 1) & ~(Alignment - 1L);

    public void Write(Span<byte> destination, ulong key)
    {
        var header = destination[..Size];
        header.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], key);
        BinaryPrimitives.WriteUInt16LittleEndian(header[16..], Version);
        header[18] = (byte)Kind;
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], Generation);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], Number);
        BinaryPrimitives.WriteInt64LittleEndian(header[40..], CommittedThrough);
        Batch.WriteTo(header[48..]);
        BinaryPrimitives.WriteInt64LittleEndian(header[72..], AcceptedTicks);
        BinaryPrimitives.WriteInt32LittleEndian(header[80..], Count);
        BinaryPrimitives.WriteInt32LittleEndian(header[84..], PayloadBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header[88..], (ushort)PeerBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header[90..], (ushort)ListenerBytes);
        BinaryPrimitives.WriteInt64LittleEndian(header[92..], Origin);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], Crc32C.Compute(header));
    }

    /// <summary>Reads a header, and refuses one that is not whole, not of this spool, or claims more bytes than there are behind it.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, ulong key, out RecordHeader header)
    {
        header = default;
        if (source.Length < Size
            || BinaryPrimitives.ReadUInt64LittleEndian(source) != Magic
            || BinaryPrimitives.ReadUInt64LittleEndian(source[8..]) != key
            || BinaryPrimitives.ReadUInt16LittleEndian(source[16..]) != Version)
        {
            return false;
        }

        Span<byte> copy = stackalloc byte[Size];
        source[..Size].CopyTo(copy);
        copy.Slice(20, 4).Clear();
        if (Crc32C.Compute(copy) != BinaryPrimitives.ReadUInt32LittleEndian(source[20..]))
        {
            return false;
        }

        header = new RecordHeader(
            (RecordKind)source[18],
            BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[40..]),
            BatchId.ReadFrom(source[48..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[72..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[80..]),
            BinaryPrimitives.ReadUInt16LittleEndian(source[88..]),
            BinaryPrimitives.ReadUInt16LittleEndian(source[90..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[84..]))
        {
            Origin = BinaryPrimitives.ReadInt64LittleEndian(source[92..]),
        };
        return header.Kind is RecordKind.Batch or RecordKind.Mark
            && header is { Count: >= 0, PayloadBytes: >= 0, Generation: > 0, Number: >= 0, Origin: >= 0 }
            && header.AcceptedTicks >= 0 && header.AcceptedTicks <= DateTime.MaxValue.Ticks
            && header.TotalBytes <= source.Length;
    }

    /// <summary>Whether the bytes at the header are the whole record: its CRC and its ends agree.</summary>
    public bool BodyIsWhole(ReadOnlySpan<byte> record)
    {
        var length = (int)CheckedBytes;
        if (Crc32C.Compute(record[..length]) != BinaryPrimitives.ReadUInt32LittleEndian(record[length..]))
        {
            return false;
        }

        var previous = 0;
        for (var i = 0; i < Count; i++)
        {
            var end = BinaryPrimitives.ReadInt32LittleEndian(record[(Size + PeerBytes + ListenerBytes + (4 * i))..]);
            if (end < previous || end > PayloadBytes)
            {
                return false;
            }

            previous = end;
        }

        return previous == PayloadBytes;
    }
}

/// <summary>What a record is.</summary>
internal enum RecordKind : byte
{
    /// <summary>A batch.</summary>
    Batch = 1,

    /// <summary>No batch, only a witness of what is durable. It takes no number, and the next group is written over it.</summary>
    Mark = 2,
}
