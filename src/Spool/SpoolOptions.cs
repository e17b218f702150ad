using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Spool;

/// <summary>The limits of one spool. Each one bounds memory, disk or time, and refuses with a reason when it is met.</summary>
public class SpoolOptions
{
    /// <summary>The smallest segment the format allows: a header block and one block of records.</summary>
    public const int SmallestSegmentBytes = 8192;

    /// <summary>The directory of the spool, on a local disk. It is created when missing. Required: there is no default, since a guess would hide mail.</summary>
    public string Directory { get; set; } = "";

    /// <summary>
    /// The size of a segment file, rounded up to 4096. A larger segment holds its disk space longer for the sake of one message that
    /// cannot be delivered; a smaller one is changed more often. Default: 64 MiB.
    /// </summary>
    public int SegmentBytes { get; set; } = 64 << 20;

    /// <summary>The most bytes that all segment files together may take; beyond it appends are refused as full. Default: 16 GiB, a quarter of a common 64 GiB data disk.</summary>
    public long MaxBytes { get; set; } = 16L << 30;

    /// <summary>How many free segments are kept written ahead of need. Default: 2, so that one is ready while the next is being written.</summary>
    public int SpareSegments { get; set; } = 2;

    /// <summary>The free space of the disk below which no new file is begun. Default: 256 MiB, room for the journal and for failed messages.</summary>
    public long MinFreeDiskBytes { get; set; } = 256L << 20;

    /// <summary>How many of the newest batch ids are remembered so that a repeated append finds its first. Default: 65536, minutes of traffic at full speed.</summary>
    public int DedupeBatches { get; set; } = 65536;

    /// <summary>The most bytes written before a flush, when more than one batch waits. Default: 2 MiB: a file that still grows takes larger groups faster, and a
    /// peer with a single message waits for the group under way, if it is the first beside a flood.</summary>
    public int MaxGroupBytes { get; set; } = 2 << 20;

    /// <summary>
    /// The most bytes of one peer in a group while other peers send, too; at least one batch. Range: 4 KiB to 256 MiB. Default: 64 KiB: a
    /// message behind a flood waits for two such groups, and a disk that flushes in a tenth of a millisecond still takes most of its rate.
    /// </summary>
    public int SharedGroupBytes { get; set; } = 64 << 10;

    /// <summary>
    /// Whether segments are written past the page cache where the file system allows it, which is tried at the start. Default: true. With false the
    /// relay reads from memory what was just written, at the price of a copy of everything.
    /// </summary>
    public bool BypassPageCache { get; set; } = true;

    /// <summary>The most bytes of batches that wait for the writer; beyond it appends are refused as full. Default: 256 MiB, about a third of a second of a fast disk.</summary>
    public long MaxQueuedBytes { get; set; } = 256L << 20;

    /// <summary>The size at which the outcome journal is compacted into a new file. Default: 64 MiB, read back in well under a second.</summary>
    public long JournalBytes { get; set; } = 64L << 20;

    /// <summary>What is wrong with the values: one sentence a fault, naming the setting, the value and the range.</summary>
    public IEnumerable<string> FindErrors()
    {
        return new[]
        {
            Check(nameof(SegmentBytes), SegmentBytes, SmallestSegmentBytes, 1 << 30),
            Check(nameof(MaxBytes), MaxBytes, SegmentBytes, long.MaxValue),
            Check(nameof(SpareSegments), SpareSegments, 0, 1024),
            Check(nameof(MinFreeDiskBytes), MinFreeDiskBytes, 0, long.MaxValue),
            Check(nameof(DedupeBatches), DedupeBatches, 1, 1 << 24),
            Check(nameof(MaxGroupBytes), MaxGroupBytes, 4096, 256 << 20),
            Check(nameof(SharedGroupBytes), SharedGroupBytes, 4096, 256 << 20),
            Check(nameof(MaxQueuedBytes), MaxQueuedBytes, 1, long.MaxValue),
            Check(nameof(JournalBytes), JournalBytes, 4096, long.MaxValue),
        }.OfType<string>();
    }

    /// <summary>The same limits for another directory.</summary>
    /// <param name="directory">The directory.</param>
    public SpoolOptions For(string directory)
    {
        var options = (SpoolOptions)MemberwiseClone();
        options.Directory = directory;
        return options;
    }

    /// <exception cref="ArgumentException">A value is out of its range; the message names every one of them.</exception>
    internal void Validate()
    {
        List<string> errors = [.. FindErrors()];
        if (string.IsNullOrWhiteSpace(Directory))
        {
            errors.Add("The spool needs a directory on a local disk.");
        }

        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join(' ', errors));
        }
    }

    private static string? Check(string name, long value, long min, long max) => SettingRange.Check($"Grid:Spool:{name}", value, min, max);
}
