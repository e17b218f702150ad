using System.Buffers;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Protocol.Tests.Framing;

/// <summary>A message costs no memory of its own between the socket's buffer and the batch.</summary>
public class FramingAllocationTests
{
    private const int Messages = 100;

    private readonly ArrayBufferWriter<byte> _batch = new(Messages * 2_048);
    private readonly byte[] _package;
    private readonly byte[] _stream;

    public FramingAllocationTests()
    {
        var package = new ArrayBufferWriter<byte>();
        EcStreamCodec.Instance.WritePackage(package, new byte[1_024], "a@a.test"u8, [(ReadOnlyMemory<byte>)"b@b.test"u8.ToArray()]);
        _package = package.WrittenSpan.ToArray();
        _stream = [.. Enumerable.Repeat(_package, Messages).SelectMany(octets => octets)];
    }

    /// <summary>In one piece, and in pieces that cut prefix, payload and end of packages.</summary>
    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(4_096)]
    [InlineData(7)]
    public void ReadingPackages_AllocatesNothing(int pieceBytes)
    {
        var reader = EcStreamCodec.Instance.CreatePackageReader(FramingLimits.Default);
        var count = 0;

        Assert.Equal(0, Allocations.Of(() => count = Read()));
        Assert.Equal(Messages, count);

        int Read()
        {
            _batch.ResetWrittenCount();
            var read = 0;
            for (var start = 0; start < _stream.Length; start += Math.Min(pieceBytes, _stream.Length - start))
            {
                var input = new SequenceReader<byte>(new ReadOnlySequence<byte>(_stream, start, Math.Min(pieceBytes, _stream.Length - start)));
                while (reader.Read(ref input, _batch, wholeOnly: false) == PackageStatus.Complete)
                {
                    read++;
                }
            }

            return read;
        }
    }

    [Fact]
    public void ReadingAnEnvelope_AllocatesNothing()
    {
        var recipients = 0;

        Assert.Equal(0, Allocations.Of(() => recipients = Read()));
        Assert.Equal(1, recipients);

        int Read() => EcStreamCodec.Instance.ReadEnvelope(_package, FramingLimits.Default, out var envelope).Kind == PackageFaultKind.None ? envelope.RecipientCount : -1;
    }

    [Fact]
    public void WritingReplies_AllocatesNothing()
    {
        Assert.Equal(0, Allocations.Of(Write));
        Assert.NotEqual(0, _batch.WrittenCount);

        void Write()
        {
            _batch.ResetWrittenCount();
            for (var i = 0; i < Messages; i++)
            {
                EcStreamCodec.Instance.WriteReply(_batch, ReplyCode.Accepted, "2.0.0 ok 0000-1-1"u8);
            }
        }
    }
}
