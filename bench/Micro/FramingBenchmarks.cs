using System.Buffers;
using BenchmarkDotNet.Attributes;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Micro;

/// <summary>What a message costs between the socket's buffer and the batch. Figures are for one message.</summary>
[MemoryDiagnoser]
public class FramingBenchmarks
{
    private const int Messages = 64;

    private readonly ArrayBufferWriter<byte> _batch = new();
    private byte[] _package = [];
    private ReadOnlySequence<byte> _whole;
    private ReadOnlySequence<byte> _pieces;

    [Params(1_024, 10_240)]
    public int Size { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var package = new ArrayBufferWriter<byte>();
        EcStreamCodec.Instance.WritePackage(package, new byte[Size], "load@ecgrid.invalid"u8, [(ReadOnlyMemory<byte>)"sink@ecgrid.invalid"u8.ToArray()]);
        _package = package.WrittenSpan.ToArray();
        var stream = Enumerable.Repeat(_package, Messages).SelectMany(octets => octets).ToArray();
        _whole = new ReadOnlySequence<byte>(stream);
        _pieces = Piece.Cut(stream, 4_096);
        ReadFromOnePiece();
        ReadFromPieces();
        ReadEnvelope();
    }

    [Benchmark(OperationsPerInvoke = Messages)]
    public int ReadFromOnePiece() => Read(_whole);

    /// <summary>As the smaller blocks of a pipe have it: a package lies across several.</summary>
    [Benchmark(OperationsPerInvoke = Messages)]
    public int ReadFromPieces() => Read(_pieces);

    [Benchmark]
    public int ReadEnvelope()
    {
        var fault = EcStreamCodec.Instance.ReadEnvelope(_package, FramingLimits.Default, out var envelope);
        return fault.Kind == PackageFaultKind.None ? envelope.RecipientCount : throw new InvalidOperationException(fault.ToReplyText());
    }

    private int Read(ReadOnlySequence<byte> stream)
    {
        _batch.ResetWrittenCount();
        var reader = EcStreamCodec.Instance.CreatePackageReader(FramingLimits.Default);
        var input = new SequenceReader<byte>(stream);
        var count = 0;
        while (reader.Read(ref input, _batch, wholeOnly: false) == PackageStatus.Complete)
        {
            count++;
        }

        // A benchmark that reads nothing would be the fastest.
        return count == Messages ? count : throw new InvalidOperationException($"{count} packages instead of {Messages}");
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        private Piece(ReadOnlyMemory<byte> memory, long runningIndex)
        {
            Memory = memory;
            RunningIndex = runningIndex;
        }

        public static ReadOnlySequence<byte> Cut(ReadOnlyMemory<byte> octets, int size)
        {
            var first = new Piece(octets[..size], 0);
            var last = first;
            for (var start = size; start < octets.Length; start += size)
            {
                var next = new Piece(octets.Slice(start, Math.Min(size, octets.Length - start)), start);
                last.Next = next;
                last = next;
            }

            return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
        }
    }
}
