using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Text;
using CsCheck;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Protocol.Tests.Framing;

public class ProxyHeaderTests
{
    public static TheoryData<string, string?> Lines => new()
    {
        { "PROXY TCP4 192.0.2.7 198.51.100.1 56324 1825\r\n", "192.0.2.7:56324" },
        { "PROXY TCP6 2001:db8::7 2001:DB8:0:0::1 0 65535\r\n", "[2001:db8::7]:0" },
        { "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535" },
        { "PROXY UNKNOWN\r\n", null },
        { "PROXY UNKNOWN ffff:f...f:ffff 65535 whatever\r\n", null },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public void ALine_IsRead_WhereverItIsCut(string line, string? source) => IsReadWhereverCut(Encoding.ASCII.GetBytes(line), source);

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.07 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY TCP4 2001:db8::1 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY TCP6 fe80::1%1 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 [::1] ::1 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 1 65536\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 1 -2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n")]
    [InlineData("PROXY TCP4  192.0.2.7 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 1 2\n")]
    [InlineData("PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY \r\n")]
    [InlineData("PROXY \n")]
    [InlineData("proxy TCP4 192.0.2.7 198.51.100.1 1 2\r\n")]
    [InlineData("30:5:hello,")]
    public void WhatIsNoHeader_IsRefused(string line)
    {
        Assert.Equal(ProxyHeaderStatus.Malformed, Read(Encoding.ASCII.GetBytes(line), out _, out var error));
        Assert.NotEmpty(error!);
    }

    [Fact]
    public void ALineWithoutAnEnd_IsRefusedAtItsLimit()
    {
        var line = Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 200));

        Assert.Equal(ProxyHeaderStatus.NeedMore, Read(line[..106], out _, out _));
        Assert.Equal(ProxyHeaderStatus.Malformed, Read(line[..107], out _, out _));
    }

    [Fact]
    public void BinaryHeaders_AreRead_WhereverTheyAreCut()
    {
        byte[] ipv4 = [192, 0, 2, 7, 198, 51, 100, 1, 0xdc, 0x04, 7, 33];
        IsReadWhereverCut(Binary(0x21, 0x11, ipv4), "192.0.2.7:56324");
        IsReadWhereverCut(Binary(0x21, 0x11, [.. ipv4, 3, 0, 1, 9, .. new byte[300]]), "192.0.2.7:56324");
        IsReadWhereverCut(Binary(0x21, 0x21, [.. IPAddress.Parse("2001:db8::7").GetAddressBytes(), .. IPAddress.IPv6Loopback.GetAddressBytes(), 0, 25, 7, 33]), "[2001:db8::7]:25");
        IsReadWhereverCut(Binary(0x20, 0x00, []), null);
        IsReadWhereverCut(Binary(0x20, 0x11, ipv4), null);
        IsReadWhereverCut(Binary(0x21, 0x00, [1, 2, 3]), null);
    }

    [Theory]
    [InlineData(0x22, 0x11, 12)]
    [InlineData(0x11, 0x11, 12)]
    [InlineData(0x21, 0x12, 12)]
    [InlineData(0x21, 0x31, 216)]
    [InlineData(0x21, 0x41, 12)]
    [InlineData(0x21, 0x11, 11)]
    [InlineData(0x21, 0x21, 35)]
    [InlineData(0x21, 0x11, 4081)]
    public void WhatIsNoBinaryHeader_IsRefused_BeforeItIsWhole(byte command, byte family, int length)
    {
        var header = Binary(command, family, new byte[length]);

        Assert.Equal(ProxyHeaderStatus.Malformed, Read(header, out _, out _));
        Assert.Equal(ProxyHeaderStatus.Malformed, Read(header[..16], out _, out var error));
        Assert.NotEmpty(error!);
    }

    [Fact]
    public void TheLongestBinaryHeader_IsTaken() => Assert.Equal(ProxyHeaderStatus.Complete, Read(Binary(0x21, 0x11, new byte[4_080]), out _, out _));

    public static TheoryData<string, string, string?, bool> PassedOn => new()
    {
        { "192.0.2.7", "198.51.100.1", null, false },
        { "192.0.2.7", "198.51.100.1", "", true },
        { "2001:db8::7", "2001:db8::1", "CN=client, O=\u00dcber", true },
        { "2001:db8::7", "198.51.100.1", "CN=client", false },
        { "::ffff:192.0.2.7", "::ffff:198.51.100.1", new string('\u20ac', 257), true },
    };

    [Theory]
    [MemberData(nameof(PassedOn))]
    public void WhatAnEdgeSaysOfAPeer_IsRead_WhereverItIsCut(string source, string destination, string? subject, bool isAdmitted)
    {
        var peer = new PassedPeer(subject, isAdmitted);
        var written = ProxyHeaderWriter.PassedOn(new IPEndPoint(IPAddress.Parse(source), 56_324), new IPEndPoint(IPAddress.Parse(destination), 1_825), peer);
        var plain = IPAddress.Parse(source);
        IsReadWhereverCut(written, new IPEndPoint(plain.IsIPv4MappedToIPv6 ? plain.MapToIPv4() : plain, 56_324).ToString());

        // Beside others' extensions, one of them of the same type.
        byte[] beside = [.. written[..14], 0, 0, .. written[16..], 0xE0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 4, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(beside.AsSpan(14), (ushort)(beside.Length - 16));
        foreach (var header in (byte[][])[written, beside])
        {
            Assert.Equal(ProxyHeaderStatus.Complete, Read(header, out var read, out _));
            Assert.Equal((peer, 1_825), (read.PassedOn, read.Destination!.Port));
        }
    }

    [Fact]
    public void FromAnyOtherProxy_NothingIsSaidOfThePeer()
    {
        Assert.Equal(ProxyHeaderStatus.Complete, Read(WithExtension(0xE0, 1, 2, 3, 4, 5, 6, 7, 8), out var other, out _));
        Assert.Equal(ProxyHeaderStatus.Complete, Read(WithExtension(0xE1, [.. "ECS"u8, 1, 3]), out var type, out _));
        Assert.Equal(ProxyHeaderStatus.Complete, Read("PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n"u8.ToArray(), out var line, out _));
        Assert.Equal(ProxyHeaderStatus.Complete, Read(ProxyHeaderWriter.Local(), out var local, out _));
        Assert.All((ProxyHeader[])[other, type, line, local], header => Assert.Null(header.PassedOn));
        Assert.Null(local.Source);
    }

    [Theory]
    [InlineData("passed on by an edge of another version", new byte[] { 2, 3 })]
    [InlineData("passed on by an edge of another version", new byte[] { })]
    [InlineData("passed on by an edge of another version", new byte[] { 1 })]
    [InlineData("passed on with 0x02 for the certificate", new byte[] { 1, 2 })]
    [InlineData("passed on with 0x04 for the certificate", new byte[] { 1, 4 })]
    [InlineData("passed on with 0x00 for the certificate and 1 octets", new byte[] { 1, 0, 65 })]
    [InlineData("passed on with 1 octets of a subject; expected UTF-8", new byte[] { 1, 3, 0xFF })]
    [InlineData("passed on with control characters", new byte[] { 1, 3, 65, 10 })]
    public void WhatAnEdgeSaysWrongly_IsRefused_AndNotTakenForNothing(string error, byte[] said)
    {
        Assert.Equal(ProxyHeaderStatus.Malformed, Read(WithExtension(0xE0, [.. "ECS"u8, .. said]), out var header, out var why));
        Assert.StartsWith(error, why);
        Assert.Equal(default, header);
    }

    [Fact]
    public void WhatAnEdgeSaysTwice_OrBeyondTheHeader_OrWithoutEnd_IsRefused()
    {
        byte[] said = [0xE0, 0, 5, .. "ECS"u8, 1, 0];
        Assert.Equal(ProxyHeaderStatus.Malformed, Read(Binary(0x21, 0x11, [.. IPv4, .. said, .. said]), out _, out var twice));
        Assert.Equal("passed on twice", twice);
        foreach (var cut in (int[])[1, 2, 4, 7])
        {
            Assert.Equal(ProxyHeaderStatus.Malformed, Read(Binary(0x21, 0x11, [.. IPv4, .. said[..cut]]), out _, out var beyond));
            Assert.Equal("an extension goes beyond the header", beyond);
        }

        Assert.Equal(ProxyHeaderStatus.Malformed, Read(WithExtension(0xE0, [.. "ECS"u8, 1, 3, .. Enumerable.Repeat((byte)'n', 1_025)]), out _, out var tooLong));
        Assert.Equal("passed on with 1025 octets of a subject; expected UTF-8, 1024 at most", tooLong);
        Assert.Throws<ArgumentOutOfRangeException>(() => ProxyHeaderWriter.PassedOn(
            new IPEndPoint(IPAddress.Loopback, 1), new IPEndPoint(IPAddress.Loopback, 2), new PassedPeer(new string('n', 1_025), IsAdmitted: true)));
    }

    [Fact]
    public void WhateverComes_IsAnswered_AndNeverAskedForBeyondTheLimit() =>
        Gen.Select(Gen.Int[0, 16], Gen.Bool, Gen.Byte.Array[0, 5_000]).Sample((kept, isBinary, tail) =>
        {
            var start = isBinary ? Binary(0x21, 0x11, new byte[12]) : Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n");
            byte[] octets = [.. start[..kept], .. tail];
            var status = Read(octets, out _, out var error);
            return status switch
            {
                ProxyHeaderStatus.Malformed => error is not null,
                ProxyHeaderStatus.NeedMore => octets.Length < ProxyHeaderReader.MaxBinaryBytes,
                _ => true,
            };
        });

    private static byte[] IPv4 => [192, 0, 2, 7, 198, 51, 100, 1, 0xdc, 0x04, 7, 33];

    private static byte[] WithExtension(byte type, params byte[] value) => Binary(0x21, 0x11, [.. IPv4, type, (byte)(value.Length >> 8), (byte)value.Length, .. value]);

    private static byte[] Binary(byte command, byte family, byte[] addresses)
    {
        byte[] header = [.. "\r\n\r\n\0\r\nQUIT\n"u8, command, family, 0, 0, .. addresses];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(14), (ushort)addresses.Length);
        return header;
    }

    private static void IsReadWhereverCut(byte[] header, string? source)
    {
        byte[] stream = [.. header, .. "30:5:hello,"u8];
        for (var cut = 0; cut <= stream.Length; cut++)
        {
            var status = Read(stream[..cut], out var read, out var error);
            Assert.Null(error);
            Assert.Equal(cut < header.Length ? ProxyHeaderStatus.NeedMore : ProxyHeaderStatus.Complete, status);

            // The pieces of a pipe are not those of the network.
            var pieces = Segments.Of(stream, cut);
            Assert.Equal(ProxyHeaderStatus.Complete, ProxyHeaderReader.Read(pieces, out var whole, out var end, out _));
            Assert.Equal(source, whole.Source?.ToString());
            Assert.Equal("30:5:hello,"u8.ToArray(), pieces.Slice(end).ToArray());
            Assert.Equal(status == ProxyHeaderStatus.Complete ? source : null, read.Source?.ToString());
        }
    }

    private static ProxyHeaderStatus Read(byte[] octets, out ProxyHeader header, out string? error) =>
        ProxyHeaderReader.Read(new ReadOnlySequence<byte>(octets), out header, out _, out error);
}
