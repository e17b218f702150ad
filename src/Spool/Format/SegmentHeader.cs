using System.Buffers.Binary;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Spool;

/// <summary>The block at the start of a segment. A segment's first number voids all equal and higher numbers of earlier generations: they were never acknowledged.</summary>
internal readonly record struct SegmentHeader(ushort SpoolId, ulong Key, long Generation, long FirstRecord, long CommittedThrough)
{
    /// <summary>The block's size, and the unit in which groups are written.</summary>
    public const int BlockSize = 4096;
    private const int Used = 56;
    private const ulong Magic = 0x3153_4C4F_4F50_5345; // "ESPOOLS1"
    private const ushort Version = 1;

    public void Write(Span<byte> destination)
    {
        var block = destination[..BlockSize];
        block.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(block, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(block[8..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(block[10..], SpoolId);
        BinaryPrimitives.WriteUInt64LittleEndian(block[16..], Key);
        BinaryPrimitives.WriteInt64LittleEndian(block[24..], Generation);
        BinaryPrimitives.WriteInt64LittleEndian(block[32..], FirstRecord);
        BinaryPrimitives.WriteInt64LittleEndian(block[40..], CommittedThrough);
        BinaryPrimitives.WriteUInt32LittleEndian(block[12..], Crc32C.Compute(block[..Used]));
    }

    public static bool TryRead(ReadOnlySpan<byte> source, out SegmentHeader header)
    {
        header = default;
        if (source.Length < BlockSize
            || BinaryPrimitives.ReadUInt64LittleEndian(source) != Magic
            || BinaryPrimitives.ReadUInt16LittleEndian(source[8..]) != Version)
        {
            return false;
        }

        Span<byte> copy = stackalloc byte[Used];
        source[..Used].CopyTo(copy);
        copy.Slice(12, 4).Clear();
        header = new SegmentHeader(
            BinaryPrimitives.ReadUInt16LittleEndian(source[10..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[40..]));
        return Crc32C.Compute(copy) == BinaryPrimitives.ReadUInt32LittleEndian(source[12..])
            && header is { Generation: > 0, FirstRecord: > 0 };
    }
}
