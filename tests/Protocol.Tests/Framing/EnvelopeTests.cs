using System.Buffers;
using System.Text;
using CsCheck;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Protocol.Tests.Framing;

public class EnvelopeTests
{
    private static readonly FramingLimits Limits = new(MaxPackageBytes: 1_000_000, MaxRecipients: 3, MaxAddressBytes: 10);

    [Theory]
    [InlineData("", "5.5.2 malformed package: no netstring at octet 0 of its inside")]
    [InlineData("xyz", "5.5.2 malformed package: no netstring at octet 0 of its inside")]
    [InlineData("3:abc,", "5.5.2 malformed package: no netstring at octet 6 of its inside")]
    [InlineData("3:abc,1:s,", "5.5.4 no recipient")]
    [InlineData("3:abc,1:s,1:r,x", "5.5.2 malformed package: no netstring at octet 14 of its inside")]
    [InlineData("3:abc,1:s,1:r,2:a,", "5.5.2 malformed package: no netstring at octet 14 of its inside")]
    [InlineData("3:abc,1:s,01:r,", "5.5.2 malformed package: no netstring at octet 10 of its inside")]
    [InlineData("3:abc,1:s,0:,", "5.1.3 recipient 1 is empty")]
    [InlineData("3:abc,1:s,1:r,0:,", "5.1.3 recipient 2 is empty")]
    [InlineData("3:abc,1:s,3:a\rb,", "5.1.3 address contains CR, LF or NUL")]
    [InlineData("3:abc,1:s,3:a\nb,", "5.1.3 address contains CR, LF or NUL")]
    [InlineData("3:abc,1:\0,1:r,", "5.1.3 address contains CR, LF or NUL")]
    [InlineData("3:abc,1:s,11:12345678901,", "5.1.3 address too long: 11 > 10 bytes (Grid:Limits:MaxAddressBytes)")]
    [InlineData("3:abc,11:12345678901,1:r,", "5.1.3 address too long: 11 > 10 bytes (Grid:Limits:MaxAddressBytes)")]
    [InlineData("3:abc,1:s,1:a,1:b,1:c,1:d,", "5.5.3 too many recipients: 4 > 3 (Grid:Limits:MaxRecipients)")]
    [InlineData("9999999999:abc,1:s,1:r,", "5.5.2 malformed package: no netstring at octet 0 of its inside")]
    public void AFaultInside_IsToldWithItsPlaceOrLimit(string inside, string text)
    {
        var fault = EcStreamCodec.Instance.ReadEnvelope(Frame(inside), Limits, out _);

        Assert.Equal(text, fault.ToReplyText());
    }

    [Theory]
    [InlineData("0:,0:,1:r,", "", "", "r")]
    [InlineData("3:abc,1:s,1:r,", "abc", "s", "r")]
    [InlineData("3:a\nb,0:,10:1234567890,1:b,1:c,", "a\nb", "", "1234567890 b c")]
    public void ASoundPackage_IsRead(string inside, string message, string sender, string recipients)
    {
        var fault = EcStreamCodec.Instance.ReadEnvelope(Frame(inside), Limits, out var envelope);

        Assert.Equal(PackageFault.None, fault);
        Assert.Equal(message, Encoding.Latin1.GetString(envelope.Message));
        Assert.Equal(sender, Encoding.Latin1.GetString(envelope.Sender));
        Assert.Equal(recipients, string.Join(' ', Recipients(envelope)));
        Assert.Equal(recipients.Split(' ').Length, envelope.RecipientCount);
    }

    [Fact]
    public void WhatIsWritten_IsReadBack()
    {
        var address = Gen.Char['!', '~'].Array[1, 10].Select(c => new string(c));
        Gen.Select(Gen.Byte.Array[0, 3_000], Gen.OneOf(Gen.Const(""), address), address.Array[1, 3]).Sample((message, sender, recipients) =>
        {
            var output = new ArrayBufferWriter<byte>();
            EcStreamCodec.Instance.WritePackage(
                output,
                message,
                Encoding.ASCII.GetBytes(sender),
                recipients.Select(r => (ReadOnlyMemory<byte>)Encoding.ASCII.GetBytes(r)).ToArray());
            var input = new SequenceReader<byte>(new ReadOnlySequence<byte>(output.WrittenMemory));
            var package = new ArrayBufferWriter<byte>();
            Assert.Equal(PackageStatus.Complete, EcStreamCodec.Instance.CreatePackageReader(Limits).Read(ref input, package, wholeOnly: false));
            Assert.True(input.End);

            var fault = EcStreamCodec.Instance.ReadEnvelope(package.WrittenSpan, Limits, out var envelope);

            return fault == PackageFault.None
                && envelope.Message.SequenceEqual(message)
                && Encoding.ASCII.GetString(envelope.Sender) == sender
                && Recipients(envelope).SequenceEqual(recipients);
        });
    }

    [Fact]
    public void RandomOctets_NeverThrow()
    {
        Gen.Byte.Array[0, 300].Sample(octets => EcStreamCodec.Instance.ReadEnvelope(octets, Limits, out _).Kind != PackageFaultKind.None);
        var alphabet = "01234:,"u8.ToArray();
        Gen.Int[0, alphabet.Length - 1].Array[0, 60].Sample(letters =>
        {
            var inside = Encoding.ASCII.GetString(letters.Select(i => alphabet[i]).ToArray());
            EcStreamCodec.Instance.ReadEnvelope(Frame(inside), Limits, out _);
        });
    }

    [Fact]
    public void EveryPrefixOfAPackage_IsAFault()
    {
        var package = Frame("3:abc,1:s,1:r,1:q,");
        for (var length = 0; length < package.Length; length++)
        {
            Assert.Equal(PackageFaultKind.Structure, EcStreamCodec.Instance.ReadEnvelope(package.AsSpan(0, length), Limits, out _).Kind);
        }
    }

    private static List<string> Recipients(Envelope envelope)
    {
        var all = new List<string>();
        foreach (var recipient in envelope.Recipients)
        {
            all.Add(Encoding.Latin1.GetString(recipient));
        }

        return all;
    }

    private static byte[] Frame(string inside) => Encoding.Latin1.GetBytes($"{inside.Length}:{inside},");
}
