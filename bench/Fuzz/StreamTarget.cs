using System.Buffers;
using System.Globalization;
using System.Text;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Fuzz;

/// <summary>Packages with damage. Read whole and read in pieces they must come to the same, for memory in proportion to the octets.</summary>
public sealed class StreamTarget : IFuzzTarget
{
    private static readonly FramingLimits Limits = new(MaxPackageBytes: 2_000, MaxRecipients: 3, MaxAddressBytes: 20);

    public string Name => "streams";

    public byte[] Generate(Random random)
    {
        var stream = new ArrayBufferWriter<byte>();
        for (var packages = random.Next(1, 12); packages > 0; packages--)
        {
            var recipients = Enumerable.Range(0, random.Next(5)).Select(_ => (ReadOnlyMemory<byte>)Octets(random, 24)).ToArray();
            EcStreamCodec.Instance.WritePackage(stream, Octets(random, random.Next(10) == 0 ? 3_000 : 200), Octets(random, 24), recipients);
        }

        return Streams.Damage(stream.WrittenSpan, random);
    }

    public void Check(byte[] input)
    {
        var random = Streams.RandomOf(input);
        var whole = Read(input, [input.Length], int.MaxValue, wholeOnly: false);
        for (var deliveries = 0; deliveries < 4; deliveries++)
        {
            var most = random.Pick([1, 2, 7, 100, 4_096]);
            var pieces = Enumerable.Range(0, input.Length).Select(_ => random.Next(1, most + 1)).ToArray();
            var split = Read(input, pieces, random.Pick([1, 3, 64, int.MaxValue]), wholeOnly: deliveries % 2 == 0);
            FuzzException.ThrowUnless(whole == split, $"in pieces of up to {most}: {split}\nwhole: {whole}");
        }
    }

    private static byte[] Octets(Random random, int most)
    {
        var octets = new byte[random.Next(most)];
        random.NextBytes(octets);
        for (var i = 0; i < octets.Length; i++)
        {
            // Mostly what addresses are made of, so that most of them are sound.
            octets[i] = octets[i] < 250 ? (byte)('a' + (octets[i] % 26)) : octets[i];
        }

        return octets;
    }

    /// <returns>All that the stream came to, in words.</returns>
    private static string Read(byte[] stream, int[] pieces, int segment, bool wholeOnly)
    {
        var words = new StringBuilder();
        var reader = EcStreamCodec.Instance.CreatePackageReader(Limits);
        var package = new ArrayBufferWriter<byte>();
        long allocated = 0;
        var (arrived, consumed, status) = (0, 0, PackageStatus.NeedMore);
        for (var i = 0; arrived < stream.Length && status != PackageStatus.Malformed; i++)
        {
            arrived = Math.Min(stream.Length, arrived + pieces[i]);
            var input = new SequenceReader<byte>(Streams.Segment(stream.AsMemory(consumed..arrived), segment));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var takesParts = !wholeOnly;
            while (true)
            {
                status = reader.Read(ref input, package, wholeOnly: !takesParts);
                if (status == PackageStatus.NeedMore && !takesParts)
                {
                    takesParts = true;
                    continue;
                }

                if (status is PackageStatus.NeedMore or PackageStatus.Malformed)
                {
                    break;
                }

                words.Append(status == PackageStatus.Complete ? Describe(package.WrittenSpan) : "too long").Append(' ').Append(reader.DeclaredLength).Append('\n');
                FuzzException.ThrowUnless(status == PackageStatus.Complete || package.WrittenCount == 0, "a package that is too long was kept");
                package.ResetWrittenCount();
            }

            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            consumed += (int)input.Consumed;
            FuzzException.ThrowUnless(reader.Offset == consumed, $"offset {reader.Offset} after {consumed} octets");
        }

        // The words cost most: some eighty octets for a package of three. What a length claims must cost nothing.
        var most = 65_536 + (100L * stream.Length);
        FuzzException.ThrowUnless(allocated <= most, $"{allocated} octets of memory for {stream.Length}");
        return words.Append(CultureInfo.InvariantCulture, $"{reader.Error} {reader.InPackage} {reader.Offset}").ToString();
    }

    private static string Describe(ReadOnlySpan<byte> package)
    {
        var fault = EcStreamCodec.Instance.ReadEnvelope(package, Limits, out var envelope);
        if (fault.Kind != PackageFaultKind.None)
        {
            var text = fault.ToReplyText();
            FuzzException.ThrowUnless(text.Length is > 5 and < 200, $"a reply of {text.Length} characters");
            return text;
        }

        // A sound package has one spelling.
        var recipients = new List<ReadOnlyMemory<byte>>();
        foreach (var recipient in envelope.Recipients)
        {
            recipients.Add(recipient.ToArray());
        }

        FuzzException.ThrowUnless(recipients.Count == envelope.RecipientCount, $"{recipients.Count} recipients are said to be {envelope.RecipientCount}");
        var again = new ArrayBufferWriter<byte>(package.Length);
        EcStreamCodec.Instance.WritePackage(again, envelope.Message, envelope.Sender, recipients.ToArray());
        FuzzException.ThrowUnless(again.WrittenSpan.SequenceEqual(package), "a sound package is not what its parts make");
        return "sound";
    }
}
