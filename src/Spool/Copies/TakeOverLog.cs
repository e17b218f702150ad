using System.Buffers.Binary;
using System.Text;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Spool;

/// <summary>
/// What was done with copies in their owner's absence, for the owner: kept until it has taken it in, longer than the copies themselves. A run of frames: length,
/// CRC-32C, one outcome; what does not agree ends it. Not thread-safe.
/// </summary>
internal sealed class TakeOverLog : IDisposable
{
    private const string FileName = "taken-over";
    private const int HeaderBytes = 8;
    private const int FixedBytes = 8 + BatchId.SizeInBytes + 4 + 4 + 1;
    private readonly ISpoolFiles _files;
    private readonly string _directory;
    private ISpoolFile? _file;
    private long _end;

    public TakeOverLog(ISpoolFiles files, string directory)
    {
        (_files, _directory) = (files, directory);
        if (files.List(directory).Contains(FileName, StringComparer.Ordinal))
        {
            _file = files.Open(Path.Combine(directory, FileName), SpoolFileMode.Write);
            while (ReadOne(_end, out var next) is not null)
            {
                _end = next;
            }
        }
    }

    public bool IsEmpty => _end == 0;

    /// <summary>Appends outcomes; they are durable when it returns.</summary>
    public void Append(IReadOnlyList<CopyOutcome> outcomes)
    {
        using var bytes = new MemoryStream();
        foreach (var outcome in outcomes)
        {
            var text = JournalFrameWriter.CutText(outcome.Text);
            var frame = new byte[HeaderBytes + FixedBytes + text.Length];
            var body = frame.AsSpan(HeaderBytes);
            BinaryPrimitives.WriteInt64LittleEndian(body, outcome.Key.Number);
            outcome.Key.Batch.WriteTo(body[8..]);
            BinaryPrimitives.WriteInt32LittleEndian(body[(8 + BatchId.SizeInBytes)..], outcome.Message);
            BinaryPrimitives.WriteInt32LittleEndian(body[(12 + BatchId.SizeInBytes)..], outcome.Recipient);
            body[16 + BatchId.SizeInBytes] = (byte)outcome.Kind;
            text.CopyTo(body[FixedBytes..]);
            BinaryPrimitives.WriteInt32LittleEndian(frame, body.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), Crc32C.Compute(body));
            bytes.Write(frame);
        }

        if (_file is null)
        {
            _file = _files.Open(Path.Combine(_directory, FileName), SpoolFileMode.Create);
            _files.FlushDirectory(_directory);
        }

        _file.Write(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), _end);
        _file.Flush();
        _end += bytes.Length;
    }

    /// <summary>Outcomes from a position on, the first 0, and the position behind them.</summary>
    public (IReadOnlyList<CopyOutcome> Outcomes, long Next) Read(long position, int most)
    {
        List<CopyOutcome> outcomes = [];
        while (outcomes.Count < most && position < _end && ReadOne(position, out var next) is { } outcome)
        {
            outcomes.Add(outcome);
            position = next;
        }

        return (outcomes, position);
    }

    /// <summary>Throws all away: the owner has it.</summary>
    public void Clear()
    {
        if (_file is not null)
        {
            _file.Dispose();
            _file = null;
            _end = 0;
            _files.Delete(Path.Combine(_directory, FileName));
            _files.FlushDirectory(_directory);
        }
    }

    public void Dispose() => _file?.Dispose();

    private CopyOutcome? ReadOne(long position, out long next)
    {
        next = position;
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (_file!.Read(header, position) < HeaderBytes
            || BinaryPrimitives.ReadInt32LittleEndian(header) is var length && (length < FixedBytes || length > FixedBytes + SpoolOutcome.MaxTextBytes))
        {
            return null;
        }

        Span<byte> body = stackalloc byte[FixedBytes + SpoolOutcome.MaxTextBytes];
        body = body[..length];
        if (_file.Read(body, position + HeaderBytes) < length || Crc32C.Compute(body) != BinaryPrimitives.ReadUInt32LittleEndian(header[4..]))
        {
            return null;
        }

        next = position + HeaderBytes + length;
        return new CopyOutcome(
            new CopyKey(BinaryPrimitives.ReadInt64LittleEndian(body), BatchId.ReadFrom(body[8..])),
            BinaryPrimitives.ReadInt32LittleEndian(body[(8 + BatchId.SizeInBytes)..]),
            BinaryPrimitives.ReadInt32LittleEndian(body[(12 + BatchId.SizeInBytes)..]),
            (OutcomeKind)body[16 + BatchId.SizeInBytes],
            Encoding.UTF8.GetString(body[FixedBytes..]));
    }
}
