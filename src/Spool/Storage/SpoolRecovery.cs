namespace EcStreamOrleans.Spool;

/// <summary>Acts on a scan: copies damage to quarantine, opens segments, fills the table. What it finds wrong never stops it.</summary>
internal sealed class SpoolRecovery(SpoolOptions options, ISpoolFiles files, SpoolScan scan, RecordTable table, SegmentStore segments)
{
    private readonly List<string> _quarantined = [];
    private readonly string _quarantine = Path.Combine(options.Directory, SpoolLayout.QuarantineDirectory);
    private int _records;
    private long _messages;

    public List<long> Waiting { get; } = [];

    public RecoveryReport Run(DedupeWindow dedupe, TimeProvider time, long began)
    {
        foreach (var found in scan.Segments)
        {
            foreach (var record in found.Kept)
            {
                if (!scan.Journal.Voided.Contains(record.Header.Number))
                {
                    dedupe.Add(record.Header.Batch, record.Header.Number);
                }
            }

            Take(found);
        }

        Waiting.Sort();
        return new RecoveryReport
        {
            Records = _records,
            WaitingRecords = Waiting.Count,
            WaitingMessages = _messages,
            TornBytes = scan.TornBytes,
            Quarantined = _quarantined,
            StaleRecords = scan.StaleRecords,
            DamagedJournalFrames = scan.Journal.DamagedFrames,
            Duration = time.GetElapsedTime(began),
        };
    }

    private void Take(FoundSegment found)
    {
        var path = Path.Combine(options.Directory, found.Name);
        if (found.Scan.Generation == 0 && !found.Scan.IsBlank)
        {
            // Not one readable record and no header: nothing here can be used, but somebody may want to look at it.
            TryQuarantineFile(found, path);
            return;
        }

        // A void record must not outlive the entry that voids it, or its batch would pass for a durable one: such a file is not used again.
        var holdsVoid = found.Scan.Records.Any(record => record.Header.Number >= found.VoidFrom);
        var usable = found.FileBytes == segments.SegmentBytes && !holdsVoid;
        if ((found.Scan.Generation == 0 || found.IsReleased) && !usable)
        {
            files.Delete(path);
            return;
        }

        var segment = new Segment(found.Index, path, files.Open(path, SpoolFileMode.WriteBlocks), found.FileBytes)
        {
            Generation = found.Scan.Generation,
            FirstRecord = found.FirstRecord,
            VoidFrom = found.VoidFrom,
        };
        if (found.Scan.Generation == 0 || found.IsReleased)
        {
            segments.AddExisting(segment, found.Scan.Generation);
            return;
        }

        table.AddSegment(segment);
        segments.AddExisting(segment, null);
        foreach (var (number, offset, end) in found.Damaged)
        {
            segment.IsHeld |= !TryQuarantine(segment, number, offset, end);
        }

        foreach (var record in found.Kept)
        {
            var entry = new RecordEntry(segment, record.Offset, record.Header);
            if (scan.Journal.Voided.Contains(entry.Number))
            {
                segment.VoidRecords.Add(entry.Number);
            }

            _records++;
            if (table.Add(entry, scan.Journal.Done.GetValueOrDefault(entry.Number)) is > 0 and var remaining)
            {
                _messages += remaining;
                Waiting.Add(entry.Number);
            }
        }

        // A segment found on the disk is never written again before it is free: its end may be torn.
        table.Seal(segment, found.VoidFrom, disposable: holdsVoid);
    }

    private bool TryQuarantine(Segment segment, long number, long offset, long end)
    {
        var name = $"record-{number}-segment-{segment.Index:d5}-generation-{segment.Generation}-at-{offset}.bin";
        try
        {
            files.CreateDirectory(_quarantine);
            if (!files.List(_quarantine).Contains(name, StringComparer.Ordinal))
            {
                var bytes = new byte[Math.Max(0, Math.Min(end, segment.File.Length) - offset)];
                segment.File.Read(bytes, offset);
                SpoolLayout.WriteWhole(files, _quarantine, name, bytes);
                _quarantined.Add(name);
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void TryQuarantineFile(FoundSegment found, string path)
    {
        try
        {
            files.CreateDirectory(_quarantine);
            files.Rename(path, Path.Combine(_quarantine, found.Name));
            files.FlushDirectory(_quarantine);
            _quarantined.Add(found.Name);
        }
        catch (IOException)
        {
            // It stays where it is, is never opened for writing, and the next start tries again.
        }
    }
}
