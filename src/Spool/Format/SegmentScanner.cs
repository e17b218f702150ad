using System.Buffers.Binary;

namespace EcStreamOrleans.Spool;

/// <summary>One record found by a scan.</summary>
internal readonly record struct ScannedRecord(long Offset, RecordHeader Header, bool Whole);

/// <summary>What the bytes of one segment hold. Nothing is decided here about what was acknowledged.</summary>
internal sealed class SegmentScan
{
    public SegmentHeader Header { get; private init; }

    public bool HeaderIsValid { get; private init; }

    public bool IsBlank { get; private init; }

    /// <summary>The generation the records are taken from; 0 when the segment holds none.</summary>
    public long Generation { get; private init; }

    public long HighestGeneration { get; private init; }

    public List<ScannedRecord> Records { get; } = [];

    public int StaleRecords { get; private set; }

    public long CommittedThrough { get; private set; }

    /// <summary>Scans a segment's bytes. Pure, and never throws: bad bytes are skipped to the next header of the same generation.</summary>
    public static SegmentScan Scan(ReadOnlySpan<byte> image, ulong key)
    {
        var valid = SegmentHeader.TryRead(image, out var header) && header.Key == key;
        List<ScannedRecord> found = [];
        var highest = valid ? header.Generation : 0;
        long offset = SegmentHeader.BlockSize;
        while (TryFind(image, key, ref offset, out var record))
        {
            highest = Math.Max(highest, record.Generation);
            var whole = record.BodyIsWhole(image[(int)offset..]);
            found.Add(new ScannedRecord(offset, record, whole));

            // The length of a whole record is beyond doubt. Behind a damaged one the search goes on inside it, since a newer
            // record may have been written over its end.
            offset += whole ? record.TotalBytes : RecordHeader.Alignment;
        }

        // With the segment's header gone, its records still say which use of the segment was the last.
        var generation = valid ? header.Generation : highest;
        var scan = new SegmentScan
        {
            Header = valid ? header : default,
            HeaderIsValid = valid,
            IsBlank = !valid && found.Count == 0 && image[..Math.Min(image.Length, SegmentHeader.BlockSize)].IndexOfAnyExcept((byte)0) < 0,
            Generation = generation,
            HighestGeneration = highest,
            CommittedThrough = valid ? header.CommittedThrough : 0,
        };
        foreach (var record in found)
        {
            if (record.Header.Generation != generation)
            {
                scan.StaleRecords++;
                continue;
            }

            scan.CommittedThrough = Math.Max(scan.CommittedThrough, record.Header.CommittedThrough);
            if (record.Header.Kind == RecordKind.Batch && (scan.Records.Count == 0 || record.Header.Number > scan.Records[^1].Header.Number))
            {
                scan.Records.Add(record);
            }
        }

        return scan;
    }

    private static bool TryFind(ReadOnlySpan<byte> image, ulong key, ref long offset, out RecordHeader header)
    {
        Span<byte> magic = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(magic, RecordHeader.Magic);
        while (offset + RecordHeader.Size <= image.Length)
        {
            var next = image[(int)offset..].IndexOf(magic);
            if (next < 0)
            {
                break;
            }

            offset += next;
            if (offset % RecordHeader.Alignment == 0 && RecordHeader.TryRead(image[(int)offset..], key, out header))
            {
                return true;
            }

            offset++;
        }

        header = default;
        return false;
    }
}
