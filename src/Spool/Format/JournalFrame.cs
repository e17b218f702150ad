using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Spool;

/// <summary>Writes frames of journal entries: a header with length and CRC, then the entries. One flush covers whole frames.</summary>
internal sealed class JournalFrameWriter
{
    public const int HeaderBytes = 32;
    public const int MaxFrameBytes = 1 << 20;
    public const ulong Magic = 0x314A_4C4F_4F50_5345; // "ESPOOLJ1"
    public const int FixedOutcomeBytes = 28;
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private int _frameStart = -1;

    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public void Reset()
    {
        _buffer.ResetWrittenCount();
        _frameStart = -1;
    }

    /// <summary>One message or recipient is done. Kind 0 stands for "done, in a compacted journal"; message -1 for all of a record's.</summary>
    public void Outcome(long record, int message, int recipient, byte kind, long ticks, string text)
    {
        var words = text.Length == 0 ? [] : CutText(text);
        var entry = Entry(FixedOutcomeBytes + words.Length);
        entry[0] = (byte)JournalEntryType.Outcome;
        entry[1] = kind;
        BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], (ushort)words.Length);
        BinaryPrimitives.WriteInt32LittleEndian(entry[4..], message);
        BinaryPrimitives.WriteInt32LittleEndian(entry[8..], recipient);
        BinaryPrimitives.WriteInt64LittleEndian(entry[12..], record);
        BinaryPrimitives.WriteInt64LittleEndian(entry[20..], ticks);
        words.CopyTo(entry[FixedOutcomeBytes..]);
    }

    /// <summary>The segment of this index is free up to this generation.</summary>
    public void Released(int index, long generation) => Pair(JournalEntryType.Released, index, generation);

    /// <summary>Records of this generation from this number on were never acknowledged.</summary>
    public void Void(long generation, long from) => Pair(JournalEntryType.Void, generation, from);

    /// <summary>Closes the open frame: its length and CRC become known.</summary>
    public void Finish(long committedThrough)
    {
        if (_frameStart < 0)
        {
            Entry(0);
        }

        var frame = System.Runtime.InteropServices.MemoryMarshal.AsMemory(_buffer.WrittenMemory)[_frameStart..].Span;
        BinaryPrimitives.WriteUInt64LittleEndian(frame, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(frame[8..], frame.Length - HeaderBytes);
        BinaryPrimitives.WriteInt64LittleEndian(frame[16..], committedThrough);
        frame.Slice(12, 4).Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(frame[12..], Crc32C.Compute(frame));
        _frameStart = -1;
    }

    /// <summary>The words as UTF-8, cut between characters at the limit.</summary>
    public static byte[] CutText(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text.Length > SpoolOutcome.MaxTextBytes ? text[..SpoolOutcome.MaxTextBytes] : text);
        var length = bytes.Length;
        if (length > SpoolOutcome.MaxTextBytes)
        {
            length = SpoolOutcome.MaxTextBytes;
            while (length > 0 && (bytes[length] & 0xC0) == 0x80)
            {
                length--;
            }
        }

        return bytes[..length];
    }

    private void Pair(JournalEntryType type, long first, long second)
    {
        var entry = Entry(17);
        entry[0] = (byte)type;
        BinaryPrimitives.WriteInt64LittleEndian(entry[1..], first);
        BinaryPrimitives.WriteInt64LittleEndian(entry[9..], second);
    }

    private Span<byte> Entry(int size)
    {
        if (_frameStart >= 0 && _buffer.WrittenCount - _frameStart + size > MaxFrameBytes)
        {
            Finish(0);
        }

        if (_frameStart < 0)
        {
            _frameStart = _buffer.WrittenCount;
            _buffer.GetSpan(HeaderBytes)[..HeaderBytes].Clear();
            _buffer.Advance(HeaderBytes);
        }

        var span = _buffer.GetSpan(Math.Max(size, 1))[..size];
        _buffer.Advance(size);
        return span;
    }
}

/// <summary>The kinds of journal entries.</summary>
internal enum JournalEntryType : byte
{
    /// <summary>A message, a recipient, or a whole record is done.</summary>
    Outcome = 1,

    /// <summary>A segment is free.</summary>
    Released = 2,

    /// <summary>The end of a generation was never acknowledged.</summary>
    Void = 3,
}

/// <summary>What the journal says, gathered from all its files. Entries are facts that hold in any order, so a damaged frame costs only itself.</summary>
internal sealed class JournalState
{
    public Dictionary<long, HashSet<(int Message, int Recipient)>> Done { get; } = [];

    /// <summary>Records that were taken back.</summary>
    public HashSet<long> Voided { get; } = [];

    public Dictionary<int, long> Released { get; } = [];

    public Dictionary<long, long> Voids { get; } = [];

    public long CommittedThrough { get; private set; }

    public int DamagedFrames { get; private set; }

    /// <summary>Reads one journal file's bytes. Never throws: what is not a whole frame is counted and skipped.</summary>
    public void Read(ReadOnlySpan<byte> image)
    {
        Span<byte> magic = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(magic, JournalFrameWriter.Magic);
        while (!image.IsEmpty)
        {
            if (TryFrame(image, out var length))
            {
                image = image[length..];
                continue;
            }

            DamagedFrames++;
            var next = image[1..].IndexOf(magic);
            while (next >= 0 && !TryFrame(image[(1 + next)..], out _, apply: false))
            {
                var further = image[(2 + next)..].IndexOf(magic);
                next = further < 0 ? -1 : next + 1 + further;
            }

            if (next < 0)
            {
                return;
            }

            image = image[(1 + next)..];
        }
    }

    private bool TryFrame(ReadOnlySpan<byte> image, out int length, bool apply = true)
    {
        length = 0;
        if (image.Length < JournalFrameWriter.HeaderBytes || BinaryPrimitives.ReadUInt64LittleEndian(image) != JournalFrameWriter.Magic)
        {
            return false;
        }

        var body = BinaryPrimitives.ReadInt32LittleEndian(image[8..]);
        if (body < 0 || body > JournalFrameWriter.MaxFrameBytes || body > image.Length - JournalFrameWriter.HeaderBytes)
        {
            return false;
        }

        length = JournalFrameWriter.HeaderBytes + body;
        var crc = Crc32C.Update(Crc32C.Seed, image[..12]);
        crc = Crc32C.Update(crc, stackalloc byte[4]);
        crc = Crc32C.Finish(Crc32C.Update(crc, image[16..length]));
        if (crc != BinaryPrimitives.ReadUInt32LittleEndian(image[12..]))
        {
            return false;
        }

        if (apply)
        {
            CommittedThrough = Math.Max(CommittedThrough, BinaryPrimitives.ReadInt64LittleEndian(image[16..]));
            Apply(image[JournalFrameWriter.HeaderBytes..length]);
        }

        return true;
    }

    private void Apply(ReadOnlySpan<byte> entries)
    {
        while (!entries.IsEmpty)
        {
            switch ((JournalEntryType)entries[0])
            {
                case JournalEntryType.Outcome when entries.Length >= JournalFrameWriter.FixedOutcomeBytes:
                    var record = BinaryPrimitives.ReadInt64LittleEndian(entries[12..]);
                    if (!Done.TryGetValue(record, out var done))
                    {
                        Done.Add(record, done = []);
                    }

                    done.Add((BinaryPrimitives.ReadInt32LittleEndian(entries[4..]), BinaryPrimitives.ReadInt32LittleEndian(entries[8..])));
                    if (entries[1] == (byte)OutcomeKind.Void)
                    {
                        Voided.Add(record);
                    }

                    CommittedThrough = Math.Max(CommittedThrough, record);
                    var size = JournalFrameWriter.FixedOutcomeBytes + BinaryPrimitives.ReadUInt16LittleEndian(entries[2..]);
                    entries = entries[Math.Min(size, entries.Length)..];
                    break;
                case JournalEntryType.Released when entries.Length >= 17:
                    var index = (int)BinaryPrimitives.ReadInt64LittleEndian(entries[1..]);
                    Released[index] = Math.Max(Released.GetValueOrDefault(index), BinaryPrimitives.ReadInt64LittleEndian(entries[9..]));
                    entries = entries[17..];
                    break;
                case JournalEntryType.Void when entries.Length >= 17:
                    var generation = BinaryPrimitives.ReadInt64LittleEndian(entries[1..]);
                    Voids[generation] = Math.Min(Voids.GetValueOrDefault(generation, long.MaxValue), BinaryPrimitives.ReadInt64LittleEndian(entries[9..]));
                    entries = entries[17..];
                    break;
                default:
                    return;
            }
        }
    }
}
