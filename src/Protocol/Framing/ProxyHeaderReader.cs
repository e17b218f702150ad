using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EcStreamOrleans.Protocol.Framing;

/// <summary>
/// Reads the header of the PROXY protocol, version 1 (a line of text) or 2 (binary), from the start of a connection.
/// </summary>
/// <remarks>
/// <code>
/// v1 = "PROXY " ( ( "TCP4" / "TCP6" ) SP source SP destination SP port SP port / "UNKNOWN" *OCTET ) CRLF     ; 107 octets at most
/// v2 = signature %x20-21 family length addresses *TLV                                                       ; 0 is LOCAL, 1 is PROXY
/// TLV = type length *OCTET                                                                                  ; length in two octets
/// </code>
/// Of the extensions (TLVs) that of an edge which passes a session on is taken, <see cref="PassedPeerExtension"/>.
/// A header over a Unix socket names no client that could be judged, and <c>unix</c> is a local peer: it is refused, not trusted.
/// </remarks>
public static class ProxyHeaderReader
{
    /// <summary>Octets in a line of version 1, its end included, as the specification says.</summary>
    public const int MaxLineBytes = 107;

    /// <summary>Octets in a header of version 2, its extensions included: far above what proxies send.</summary>
    public const int MaxBinaryBytes = 4_096;

    private const int FixedBytes = 16;
    private const int ExtensionBytes = 3;
    private const byte IPv4Family = 0x11;
    private const byte IPv6Family = 0x21;
    private const int IPv4Bytes = 12;
    private const int IPv6Bytes = 36;

    internal static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    private static ReadOnlySpan<byte> LineStart => "PROXY "u8;

    /// <summary>Reads a header.</summary>
    /// <param name="input">What has come so far; looked at from its start each time.</param>
    /// <param name="header">The header.</param>
    /// <param name="end">Behind the header.</param>
    /// <param name="error">Why it is none.</param>
    public static ProxyHeaderStatus Read(in ReadOnlySequence<byte> input, out ProxyHeader header, out SequencePosition end, out string? error)
    {
        header = default;
        end = input.Start;
        error = null;
        Span<byte> copy = stackalloc byte[MaxLineBytes];
        copy = copy[..(int)Math.Min(input.Length, MaxLineBytes)];
        input.Slice(0, copy.Length).CopyTo(copy);
        var status = Begins(copy, Signature) ? ReadBinary(copy, input.Length, out header, out var length, ref error)
            : Begins(copy, LineStart) ? ReadLine(copy, out header, out length, ref error)
            : Fail("no PROXY header", out length, ref error);
        if (status != ProxyHeaderStatus.Complete)
        {
            return status;
        }

        end = input.GetPosition(length);
        return header.Source is null || Begins(copy, LineStart) ? status : ReadExtensions(input.Slice(0, length), ref header, ref error);
    }

    private static bool Begins(ReadOnlySpan<byte> octets, ReadOnlySpan<byte> start) =>
        octets.Length < start.Length ? start.StartsWith(octets) : octets.StartsWith(start);

    private static ProxyHeaderStatus Fail(string reason, out int length, ref string? error)
    {
        length = 0;
        error = reason;
        return ProxyHeaderStatus.Malformed;
    }

    private static ProxyHeaderStatus ReadLine(ReadOnlySpan<byte> octets, out ProxyHeader header, out int length, ref string? error)
    {
        header = default;
        length = 0;
        var lineEnd = octets.IndexOf((byte)'\n');
        if (lineEnd < 0)
        {
            return octets.Length < MaxLineBytes ? ProxyHeaderStatus.NeedMore : Fail($"no end of line within {MaxLineBytes} octets", out length, ref error);
        }

        if (octets[lineEnd - 1] != (byte)'\r')
        {
            return Fail("the line does not end with CR LF", out length, ref error);
        }

        length = lineEnd + 1;
        var parts = Encoding.Latin1.GetString(octets[..(lineEnd - 1)]).Split(' ');
        if (parts[1] == "UNKNOWN")
        {
            // Whatever follows is to be ignored.
            return ProxyHeaderStatus.Complete;
        }

        var family = parts[1] switch
        {
            "TCP4" => AddressFamily.InterNetwork,
            "TCP6" => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unspecified,
        };
        if (family == AddressFamily.Unspecified || parts.Length != 6)
        {
            return Fail("expected TCP4 or TCP6, two addresses and two ports, or UNKNOWN", out length, ref error);
        }

        if (!TryReadAddress(parts[2], family, out var source) || !TryReadAddress(parts[3], family, out var destination)
            || !TryReadPort(parts[4], out var sourcePort) || !TryReadPort(parts[5], out var destinationPort))
        {
            return Fail($"an address or a port is not one of {parts[1]}", out length, ref error);
        }

        header = new ProxyHeader(new IPEndPoint(source, sourcePort), new IPEndPoint(destination, destinationPort), PassedOn: null);
        return ProxyHeaderStatus.Complete;
    }

    // IPAddress reads more spellings than the protocol has: short IPv4, octal, zones, brackets.
    private static bool TryReadAddress(string text, AddressFamily family, out IPAddress address) =>
        IPAddress.TryParse(text, out address!) && address.AddressFamily == family
        && (family == AddressFamily.InterNetwork ? address.ToString() == text : text.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.'));

    private static bool TryReadPort(string text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && (text.Length == 1 || text[0] != '0');

    private static ProxyHeaderStatus ReadBinary(ReadOnlySpan<byte> octets, long available, out ProxyHeader header, out int length, ref string? error)
    {
        header = default;
        length = 0;
        if (octets.Length < FixedBytes)
        {
            return ProxyHeaderStatus.NeedMore;
        }

        var command = octets[12];
        var family = octets[13];
        var addresses = BinaryPrimitives.ReadUInt16BigEndian(octets[14..]);
        if (command is not (0x20 or 0x21))
        {
            return Fail($"version and command 0x{command:x2}; expected 0x20 or 0x21", out length, ref error);
        }

        length = FixedBytes + addresses;
        if (length > MaxBinaryBytes)
        {
            return Fail($"{length} octets; at most {MaxBinaryBytes} are taken", out length, ref error);
        }

        var needed = (command, family) switch
        {
            (0x20, _) => 0,
            (_, IPv4Family) => IPv4Bytes,
            (_, IPv6Family) => IPv6Bytes,
            (_, 0x00) => 0,
            _ => -1,
        };
        if (needed < 0 || addresses < needed)
        {
            return Fail(needed < 0 ? $"family and transport 0x{family:x2}; expected TCP over IPv4 or IPv6" : $"{addresses} octets of addresses; expected {needed}", out length, ref error);
        }

        if (available < length)
        {
            return ProxyHeaderStatus.NeedMore;
        }

        if (needed > 0)
        {
            var size = needed == IPv4Bytes ? 4 : 16;
            header = new ProxyHeader(ReadEndPoint(octets, size, place: 0), ReadEndPoint(octets, size, place: 1), PassedOn: null);
        }

        return ProxyHeaderStatus.Complete;
    }

    private static IPEndPoint ReadEndPoint(ReadOnlySpan<byte> octets, int size, int place) => new(
        new IPAddress(octets.Slice(FixedBytes + (place * size), size)),
        BinaryPrimitives.ReadUInt16BigEndian(octets[(FixedBytes + (2 * size) + (place * sizeof(ushort)))..]));

    private static ProxyHeaderStatus Refuse(string reason, out ProxyHeader header, out string? error)
    {
        (header, error) = (default, reason);
        return ProxyHeaderStatus.Malformed;
    }

    // The header is whole, and names a client.
    private static ProxyHeaderStatus ReadExtensions(in ReadOnlySequence<byte> whole, ref ProxyHeader header, ref string? error)
    {
        Span<byte> copy = stackalloc byte[MaxBinaryBytes];
        copy = copy[..(int)whole.Length];
        whole.CopyTo(copy);
        var rest = copy[(FixedBytes + (copy[13] == IPv4Family ? IPv4Bytes : IPv6Bytes))..];
        while (rest.Length > 0)
        {
            var size = rest.Length < ExtensionBytes ? int.MaxValue - ExtensionBytes : BinaryPrimitives.ReadUInt16BigEndian(rest[1..]);
            if (ExtensionBytes + size > rest.Length)
            {
                return Refuse("an extension goes beyond the header", out header, out error);
            }

            var value = rest.Slice(ExtensionBytes, size);
            if (rest[0] == PassedPeerExtension.Type)
            {
                if (!PassedPeerExtension.TryRead(value, out var peer, out var fault))
                {
                    return Refuse(fault, out header, out error);
                }

                if (peer is not null && header.PassedOn is not null)
                {
                    return Refuse("passed on twice", out header, out error);
                }

                header = header with { PassedOn = peer ?? header.PassedOn };
            }

            rest = rest[(ExtensionBytes + size)..];
        }

        return ProxyHeaderStatus.Complete;
    }
}
