namespace EcStreamOrleans.Spool;

/// <summary>One segment file as found, with what of it counts.</summary>
internal sealed class FoundSegment
{
    public required int Index { get; init; }

    public required string Name { get; init; }

    public required long FileBytes { get; init; }

    public required SegmentScan Scan { get; init; }

    public long FirstRecord { get; set; }

    /// <summary>Numbers from here on are void in this segment.</summary>
    public long VoidFrom { get; set; } = long.MaxValue;

    public bool IsReleased { get; set; }

    public List<ScannedRecord> Kept { get; } = [];

    /// <summary>Stretches that held acknowledged records and cannot be read: first number, offset and end.</summary>
    public List<(long Number, long Offset, long End)> Damaged { get; } = [];
}

/// <summary>
/// Reads a spool's directory and decides what in it counts, without writing anything: recovery acts on the result, and the offline
/// reader shows it. The rules are in docs/spool-format.md, section Recovery.
/// </summary>
internal sealed class SpoolScan
{
    public List<FoundSegment> Segments { get; } = [];

    public JournalState Journal { get; } = new();

    public long NextRecord { get; private set; } = 1;

    public long CommittedThrough { get; private set; }

    public long NextGeneration { get; private set; } = 1;

    public int NextSegmentIndex { get; private set; } = 1;

    public int NextJournalIndex { get; private set; } = 1;

    public long TornBytes { get; private set; }

    public int StaleRecords { get; private set; }

    public static SpoolScan Read(ISpoolFiles files, string directory, ulong key)
    {
        var scan = new SpoolScan();
        var names = files.List(directory);
        foreach (var name in names)
        {
            if (SpoolLayout.TryJournalIndex(name, out var index))
            {
                scan.NextJournalIndex = Math.Max(scan.NextJournalIndex, index + 1);
                scan.Journal.Read(SpoolLayout.ReadWhole(files, Path.Combine(directory, name)));
            }
        }

        foreach (var name in names)
        {
            if (SpoolLayout.TrySegmentIndex(name, out var index))
            {
                var image = SpoolLayout.ReadWhole(files, Path.Combine(directory, name));
                scan.NextSegmentIndex = Math.Max(scan.NextSegmentIndex, index + 1);
                scan.Segments.Add(new FoundSegment { Index = index, Name = name, FileBytes = image.Length, Scan = SegmentScan.Scan(image, key) });
            }
        }

        scan.Segments.Sort((a, b) => a.Scan.Generation.CompareTo(b.Scan.Generation));
        scan.FindBounds();
        scan.Decide();
        return scan;
    }

    private void FindBounds()
    {
        CommittedThrough = Journal.CommittedThrough;
        var next = long.MaxValue;
        for (var i = Segments.Count - 1; i >= 0; i--)
        {
            var segment = Segments[i];
            var scan = segment.Scan;
            NextGeneration = Math.Max(NextGeneration, scan.HighestGeneration + 1);
            StaleRecords += scan.StaleRecords;
            if (scan.Generation == 0)
            {
                continue;
            }

            CommittedThrough = Math.Max(CommittedThrough, scan.CommittedThrough);
            segment.IsReleased = Journal.Released.GetValueOrDefault(segment.Index) >= scan.Generation;
            segment.FirstRecord = scan.HeaderIsValid ? scan.Header.FirstRecord : scan.Records.Count > 0 ? scan.Records[0].Header.Number : next;
            segment.VoidFrom = Math.Min(next, Journal.Voids.GetValueOrDefault(scan.Generation, long.MaxValue));
            next = Math.Min(next, segment.FirstRecord);
        }

        foreach (var generation in Journal.Released.Values.Concat(Journal.Voids.Keys))
        {
            NextGeneration = Math.Max(NextGeneration, generation + 1);
        }
    }

    private void Decide()
    {
        var lastKept = CommittedThrough;
        var isCut = false;
        for (var i = 0; i < Segments.Count; i++)
        {
            var segment = Segments[i];
            if (segment.Scan.Generation == 0)
            {
                continue;
            }

            var expected = segment.FirstRecord;
            long end = SegmentHeader.BlockSize;
            foreach (var record in segment.Scan.Records)
            {
                var number = record.Header.Number;
                if (number >= segment.VoidFrom || number < segment.FirstRecord)
                {
                    continue;
                }

                var acknowledged = number <= CommittedThrough;
                if (expected < number && expected <= CommittedThrough)
                {
                    segment.Damaged.Add((expected, end, record.Offset));
                }

                if (!acknowledged && (isCut || !record.Whole || number != lastKept + 1))
                {
                    // The first unacknowledged record that is not whole ends the log: what a later one holds was never promised either.
                    isCut = true;
                    segment.VoidFrom = Math.Min(segment.VoidFrom, lastKept + 1);
                    TornBytes += record.Header.TotalBytes;
                    continue;
                }

                if (record.Whole)
                {
                    segment.Kept.Add(record);
                    lastKept = Math.Max(lastKept, number);
                }
                else
                {
                    segment.Damaged.Add((number, record.Offset, record.Offset + record.Header.TotalBytes));
                }

                expected = number + 1;
                end = record.Offset + record.Header.TotalBytes;
            }

            // Numbers that must have been here, with nothing behind them in this segment. When the generation that followed is gone,
            // nobody knows any more where this one ended.
            var through = Math.Min(segment.VoidFrom - 1, CommittedThrough);
            if (expected <= through && (i == Segments.Count - 1 || Segments[i + 1].Scan.Generation == segment.Scan.Generation + 1))
            {
                segment.Damaged.Add((expected, end, segment.FileBytes));
            }
        }

        NextRecord = lastKept + 1;
    }
}
