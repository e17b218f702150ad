using System.Runtime.InteropServices;
using System.Text;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Spool;

/// <summary>
/// The one staging buffer: records are copied in, and it goes to the segment in aligned pieces from aligned memory. One copy of the
/// payload buys a single write a group, and lets a file bypass the page cache.
/// </summary>
internal sealed class GroupBuffer(int size) : IDisposable
{
    private readonly AlignedMemory _memory = new((int)SegmentStore.AlignBlock(size));
    private ISpoolFile? _file;
    private long _position;
    private int _fill;
    private uint _crc;

    /// <summary>Where the next byte goes in the segment.</summary>
    public long Position => _position + _fill;

    public void Begin(ISpoolFile file, long position)
    {
        _file = file;
        _position = position;
        _fill = 0;
    }

    public void PutSegmentHeader(SegmentHeader header)
    {
        Span<byte> block = stackalloc byte[SegmentHeader.BlockSize];
        header.Write(block);
        Put(block);
    }

    public void PutRecord(RecordHeader header, in SpoolBatch batch, ulong key)
    {
        Span<byte> small = stackalloc byte[RecordHeader.Size + SpoolBatch.MaxPeerBytes + SpoolBatch.MaxListenerBytes];
        header.Write(small, key);
        var length = RecordHeader.Size;
        length += Encoding.UTF8.GetBytes(batch.Peer ?? "", small[length..]);
        length += Encoding.UTF8.GetBytes(batch.Listener ?? "", small[length..]);
        _crc = Crc32C.Seed;
        PutChecked(small[..length]);
        if (BitConverter.IsLittleEndian)
        {
            PutChecked(MemoryMarshal.AsBytes(batch.Ends.Span));
        }
        else
        {
            Span<byte> one = stackalloc byte[sizeof(int)];
            foreach (var end in batch.Ends.Span)
            {
                System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(one, end);
                PutChecked(one);
            }
        }

        if (batch.Checksum is { } checksum)
        {
            Put(batch.Packages.Span);
            _crc = Crc32C.Join(_crc, checksum, batch.Packages.Length);
        }
        else
        {
            PutChecked(batch.Packages.Span);
        }

        Span<byte> tail = stackalloc byte[sizeof(uint) + RecordHeader.Alignment];
        tail.Clear();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(tail, Crc32C.Finish(_crc));
        Put(tail[..(int)(header.TotalBytes - header.CheckedBytes)]);
    }

    /// <summary>Fills the last block with zeros and writes what is left.</summary>
    /// <returns>The position of the next group.</returns>
    public long End()
    {
        var padded = (int)SegmentStore.AlignBlock(_fill);
        _memory.Span[_fill..padded].Clear();
        _fill = padded;
        Write();
        return _position;
    }

    public void Dispose() => _memory.Dispose();

    private void PutChecked(ReadOnlySpan<byte> bytes)
    {
        _crc = Crc32C.Update(_crc, bytes);
        Put(bytes);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_fill == _memory.Size)
            {
                Write();
            }

            var part = Math.Min(bytes.Length, _memory.Size - _fill);
            bytes[..part].CopyTo(_memory.Span[_fill..]);
            _fill += part;
            bytes = bytes[part..];
        }
    }

    private void Write()
    {
        if (_fill > 0)
        {
            _file!.Write(_memory.Span[.._fill], _position);
            _position += _fill;
            _fill = 0;
        }
    }
}
