using System.Buffers;
using System.Text;
using CsCheck;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Protocol.Tests.Framing;

public class PackageReaderTests
{
    private static readonly FramingLimits Small = new(MaxPackageBytes: 100, MaxRecipients: 3, MaxAddressBytes: 10);

    // What each stream yields: a word a package (K whole, L too long), then ! with the error, or … where it stands inside a package.
    public static TheoryData<string, string> Streams => new()
    {
        { "", "" },
        { "0:,", "K" },
        { "5:hello,", "K" },
        { "5:hello,3:abc,0:,", "KKK" },
        { "12:hello", "…" },
        { "1", "…" },
        { "12", "…" },
        { "5:hello", "…" },
        { "101:" + new string('x', 101) + ",3:abc,", "LK" },
        { "3:abc,101:" + new string('x', 101) + ",", "KL" },
        { "9999999999:abc", "…" },
        { "00:,", "! length with a leading zero" },
        { "05:hello,", "! length with a leading zero" },
        { ":,", "! expected a length, found ':'" },
        { "a:,", "! expected a length, found 'a'" },
        { "-1:,", "! expected a length, found '-'" },
        { " 5:hello,", "! expected a length, found octet 0x20" },
        { "5;hello,", "! expected a digit or ':', found ';'" },
        { "12345678901:", "! length of more than 10 digits" },
        { "5:hello;", "! no ',' behind 5 octets of package" },
        { "101:" + new string('x', 102), "! no ',' behind 101 octets of package" },
        { "3:abc,5:helloX3:abc,", "K! no ',' behind 5 octets of package" },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void AnyStream_InAnyPieces_YieldsTheSame(string stream, string expected)
    {
        var octets = Encoding.Latin1.GetBytes(stream);
        foreach (var wholeOnly in new[] { false, true })
        {
            Assert.Equal(expected, Run(octets, [octets.Length], wholeOnly).Words);
            Assert.Equal(expected, Run(octets, [.. Enumerable.Repeat(1, octets.Length)], wholeOnly).Words);
            for (var cut = 0; cut <= octets.Length; cut++)
            {
                Assert.Equal(expected, Run(octets, [cut, octets.Length - cut], wholeOnly).Words);
            }
        }
    }

    [Fact]
    public void Packages_AreCopiedVerbatim()
    {
        var stream = "5:hello,0:,3:a\0c,"u8.ToArray();
        for (var cut = 0; cut <= stream.Length; cut++)
        {
            Assert.Equal(stream, Run(stream, [cut, stream.Length - cut], wholeOnly: false).Octets);
        }
    }

    [Fact]
    public void Malformed_StaysMalformed_AndNamesTheOffset()
    {
        var reader = EcStreamCodec.Instance.CreatePackageReader(Small);
        var input = new SequenceReader<byte>(new ReadOnlySequence<byte>("3:abc,7;"u8.ToArray()));
        var batch = new ArrayBufferWriter<byte>();

        Assert.Equal(PackageStatus.Complete, reader.Read(ref input, batch, wholeOnly: false));
        Assert.Equal(PackageStatus.Malformed, reader.Read(ref input, batch, wholeOnly: false));
        Assert.Equal(8, reader.Offset);
        Assert.Equal(PackageStatus.Malformed, reader.Read(ref input, batch, wholeOnly: false));
        Assert.Equal(6, batch.WrittenCount);
    }

    [Fact]
    public void WholeOnly_LeavesAPartInTheInput()
    {
        var reader = EcStreamCodec.Instance.CreatePackageReader(Small);
        var input = new SequenceReader<byte>(new ReadOnlySequence<byte>("3:abc,5:hel"u8.ToArray()));
        var batch = new ArrayBufferWriter<byte>();

        Assert.Equal(PackageStatus.Complete, reader.Read(ref input, batch, wholeOnly: true));
        Assert.Equal(PackageStatus.NeedMore, reader.Read(ref input, batch, wholeOnly: true));
        Assert.Equal(5, input.Remaining);
        Assert.False(reader.InPackage);
        Assert.Equal(PackageStatus.NeedMore, reader.Read(ref input, batch, wholeOnly: false));
        Assert.True(reader.InPackage);
        Assert.True(input.End);
    }

    [Fact]
    public void AClaimedLength_TakesNoMemory()
    {
        var reader = EcStreamCodec.Instance.CreatePackageReader(new(9_999_999_999, 1, 1));
        var batch = new CountingWriter();
        foreach (var piece in new[] { "9999999999:", "ab", "cd" })
        {
            var input = new SequenceReader<byte>(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(piece)));
            Assert.Equal(PackageStatus.NeedMore, reader.Read(ref input, batch, wholeOnly: false));
        }

        Assert.True(batch.LargestRequest <= 16, $"asked for {batch.LargestRequest} octets at once");
    }

    [Fact]
    public void ATooLongPackage_IsSkippedWithoutBeingKept()
    {
        var reader = EcStreamCodec.Instance.CreatePackageReader(Small);
        var batch = new ArrayBufferWriter<byte>();
        var input = new SequenceReader<byte>(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes($"500:{new string('x', 500)},")));

        Assert.Equal(PackageStatus.TooLong, reader.Read(ref input, batch, wholeOnly: false));
        Assert.Equal(500, reader.DeclaredLength);
        Assert.Equal(0, batch.WrittenCount);
    }

    [Fact]
    public void RandomOctets_NeverThrow_AndTheOutputIsWhatWasRead()
    {
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[1, 50].Array[0, 30]).Sample((octets, pieces) =>
        {
            var (words, output) = Run(octets, pieces, wholeOnly: false);
            return output.Length <= octets.Length && words.Length <= octets.Length + 100;
        });
    }

    [Fact]
    public void AlmostFramedOctets_NeverThrow()
    {
        // Digits, colons and commas only: reaches deeper than noise does.
        var alphabet = "0123456789:,"u8.ToArray();
        Gen.Select(Gen.Int[0, alphabet.Length - 1].Array[0, 300], Gen.Int[1, 7].Array[0, 60]).Sample((letters, pieces) =>
        {
            var octets = letters.Select(i => alphabet[i]).ToArray();
            var inPieces = Run(octets, pieces, wholeOnly: true);
            var whole = Run(octets, [octets.Length], wholeOnly: false);
            return inPieces.Words == whole.Words;
        });
    }

    internal static (string Words, byte[] Octets) Run(byte[] stream, int[] pieces, bool wholeOnly)
    {
        var reader = EcStreamCodec.Instance.CreatePackageReader(Small);
        var output = new ArrayBufferWriter<byte>();
        var words = new StringBuilder();
        var arrived = 0;
        var consumed = 0;
        foreach (var piece in pieces.Append(stream.Length))
        {
            arrived = Math.Min(stream.Length, arrived + piece);
            var input = new SequenceReader<byte>(Segments.Of(stream.AsMemory(consumed..arrived), piece));
            var mayTakeParts = !wholeOnly;
            while (true)
            {
                var status = reader.Read(ref input, output, wholeOnly: !mayTakeParts);
                if (status == PackageStatus.NeedMore)
                {
                    if (mayTakeParts)
                    {
                        break;
                    }

                    mayTakeParts = true;
                    continue;
                }

                if (status == PackageStatus.Malformed)
                {
                    Assert.NotNull(reader.Error);
                    return (words.Append("! ").Append(reader.Error).ToString(), output.WrittenSpan.ToArray());
                }

                words.Append(status == PackageStatus.Complete ? 'K' : 'L');
            }

            consumed += (int)input.Consumed;
            Assert.Equal(consumed, reader.Offset);
        }

        return (words.Append(reader.InPackage ? "…" : "").ToString(), output.WrittenSpan.ToArray());
    }

    private sealed class CountingWriter : IBufferWriter<byte>
    {
        private readonly byte[] _buffer = new byte[64];

        public int LargestRequest { get; private set; }

        public void Advance(int count)
        {
        }

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            LargestRequest = Math.Max(LargestRequest, sizeHint);
            return _buffer;
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
