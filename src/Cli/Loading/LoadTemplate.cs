using System.Buffers;
using System.Text;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Cli.Loading;

/// <summary>
/// One connection's message, framed, with its id and hash left open. All of a connection's packages have the same length
/// and differ in fields of fixed width, so a copy of the template is made once and only patched afterwards.
/// </summary>
/// <remarks>
/// The id is <c>RUN-CONNECTION-NUMBER</c>: in Message-ID, in X-Load-Id and at the start of the body, so no two bodies are
/// equal. X-Load-Body holds the CRC-32C of the body, of everything behind the empty line, as eight hexadecimal digits.
/// </remarks>
internal sealed class LoadTemplate
{
    private const int NumberDigits = 10;
    private const int HashDigits = 8;
    private const int LineLength = 76;
    private const string NumberMark = "0000000000";
    private const string HashMark = "########";

    private readonly byte[] _package;
    private readonly int[] _numberOffsets;
    private readonly int _hashOffset;

    // CRC-32C is linear: in a body of one length, what a digit at its place adds to the hash does not depend on the rest.
    private readonly uint[] _hashOfDigit = new uint[NumberDigits * 10];
    private readonly uint _hashOfZero;

    private LoadTemplate(byte[] package, string idPrefix, int[] numberOffsets, int hashOffset, Span<byte> body)
    {
        _package = package;
        IdPrefix = idPrefix;
        _numberOffsets = numberOffsets;
        _hashOffset = hashOffset;
        _hashOfZero = Crc32C.Compute(body);
        for (var place = 0; place < NumberDigits; place++)
        {
            ref var octet = ref body[idPrefix.Length + place];
            for (var digit = 1; digit < 10; digit++)
            {
                octet = (byte)('0' + digit);
                _hashOfDigit[(place * 10) + digit] = Crc32C.Compute(body) ^ _hashOfZero;
            }

            octet = (byte)'0';
        }
    }

    /// <summary>The id without its number.</summary>
    public string IdPrefix { get; }

    /// <summary>Octets of a package.</summary>
    public int PackageBytes => _package.Length;

    /// <summary>The smallest message that has room for what makes it distinct.</summary>
    public static int MinimumSize(string sender, string recipient)
    {
        const string AnyPrefix = "000000000000-0000-";
        return Encoding.UTF8.GetByteCount(Header(sender, recipient, AnyPrefix, default)) + BodyStart(AnyPrefix).Length + 2;
    }

    /// <summary>Makes the template of one connection.</summary>
    public static LoadTemplate Create(LoadOptions options, string run, int connection, DateTimeOffset date)
    {
        var prefix = $"{run}-{connection:D4}-";
        var header = Header(options.Sender, options.Recipient, prefix, date);
        var message = new byte[options.Size];
        Encoding.UTF8.GetBytes(header, message);
        var headerBytes = Encoding.UTF8.GetByteCount(header);
        Encoding.UTF8.GetBytes(BodyStart(prefix), message.AsSpan(headerBytes));
        Fill(message.AsSpan(headerBytes + BodyStart(prefix).Length));

        var output = new ArrayBufferWriter<byte>(options.Size + 256);
        EcStreamCodec.Instance.WritePackage(
            output, message, Encoding.UTF8.GetBytes(options.Sender), [Encoding.UTF8.GetBytes(options.Recipient)]);
        var package = output.WrittenSpan.ToArray();

        // The message lies in the package as it is, so its offset is where its own octets are found.
        var messageOffset = package.AsSpan().IndexOf(message);
        var id = Encoding.ASCII.GetBytes(prefix + NumberMark);
        var numbers = new List<int>();
        var end = messageOffset + headerBytes + BodyStart(prefix).Length;
        for (var at = messageOffset; package.AsSpan(at..end).IndexOf(id) is >= 0 and var found;)
        {
            numbers.Add(at + found + prefix.Length);
            at += found + id.Length;
        }

        var hash = messageOffset + header.LastIndexOf(HashMark, StringComparison.Ordinal) + (headerBytes - header.Length);
        return new LoadTemplate(package, prefix, [.. numbers], hash, package.AsSpan(messageOffset + headerBytes, options.Size - headerBytes));
    }

    /// <summary>Puts the template into a slot; once for each slot.</summary>
    public void CopyTo(Span<byte> slot) => _package.CopyTo(slot);

    /// <summary>Makes the package in a slot the one of the given number.</summary>
    /// <returns>The hash of its body.</returns>
    public uint Patch(Span<byte> slot, long number)
    {
        Span<byte> digits = stackalloc byte[NumberDigits];
        var hash = _hashOfZero;
        for (var (place, rest) = (NumberDigits - 1, (ulong)number); place >= 0; place--)
        {
            (rest, var digit) = Math.DivRem(rest, 10);
            digits[place] = (byte)('0' + digit);
            hash ^= _hashOfDigit[(place * 10) + (int)digit];
        }

        foreach (var offset in _numberOffsets)
        {
            digits.CopyTo(slot[offset..]);
        }

        WriteHash(hash, slot[_hashOffset..]);
        return hash;
    }

    /// <summary>Writes a hash as eight hexadecimal digits.</summary>
    public static void WriteHash(uint hash, Span<byte> destination)
    {
        for (var i = HashDigits - 1; i >= 0; i--, hash >>= 4)
        {
            destination[i] = "0123456789abcdef"u8[(int)(hash & 15)];
        }
    }

    private static string Header(string sender, string recipient, string prefix, DateTimeOffset date) =>
        $"From: <{sender}>\r\nTo: <{recipient}>\r\nDate: {date:ddd, dd MMM yyyy HH:mm:ss} +0000\r\nSubject: ecgrid load\r\n"
        + $"Message-ID: <{prefix}{NumberMark}@ecgrid.invalid>\r\nX-Load-Id: {prefix}{NumberMark}\r\nX-Load-Body: {HashMark}\r\n\r\n";

    private static string BodyStart(string prefix) => $"{prefix}{NumberMark}\r\n";

    /// <summary>Lines of letters that do not compress to nothing, the same in every run.</summary>
    private static void Fill(Span<byte> filler)
    {
        var random = new Random(1825);
        for (var i = 0; i < filler.Length; i++)
        {
            filler[i] = (i % (LineLength + 2)) switch
            {
                LineLength => (byte)'\r',
                LineLength + 1 => (byte)'\n',
                _ => (byte)random.Next('a', 'z' + 1),
            };
        }

        // The last line ends, too, and no CR stands alone before its end.
        if (filler.Length > 2 && filler[^3] == '\r')
        {
            filler[^3] = (byte)'z';
        }

        "\r\n"u8.CopyTo(filler[^2..]);
    }
}
