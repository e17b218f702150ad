using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// A block of addresses, the instance of a Peer scope. One block, one value: host bits are clear, and IPv4-mapped IPv6 is
/// IPv4. An IPv4 block never holds an IPv6 address, nor the other way round.
/// </summary>
public readonly record struct CidrBlock
{
    private const int IPv4Bits = 32;
    private const int IPv6Bits = 128;

    // ::ffff:0:0/96 is where IPv6 keeps the IPv4 addresses.
    private const int MappedPrefix = IPv6Bits - IPv4Bits;

    private CidrBlock(UInt128 start, int prefixLength, bool isIPv6)
    {
        Start = start & Mask(prefixLength);
        PrefixLength = prefixLength;
        IsIPv6 = isIPv6;
    }

    /// <summary>127.0.0.1, which clients of Unix sockets count as.</summary>
    internal static CidrBlock LoopbackIPv4 { get; } = Of(IPAddress.Loopback);

    /// <summary>::1, which they count as after that.</summary>
    internal static CidrBlock LoopbackIPv6 { get; } = Of(IPAddress.IPv6Loopback);

    /// <summary>How many leading bits all addresses of the block share.</summary>
    public int PrefixLength { get; }

    /// <summary>Whether this is a block of IPv6.</summary>
    public bool IsIPv6 { get; }

    /// <summary>The address of a block that holds one alone; null for any other.</summary>
    public IPAddress? Address => IsOneAddress ? FirstAddress() : null;

    /// <summary>The first address, its bits at the upper end: thus prefixes of either family compare in the same way.</summary>
    internal UInt128 Start { get; }

    private bool IsOneAddress => PrefixLength == (IsIPv6 ? IPv6Bits : IPv4Bits);

    /// <summary>The block that holds one address alone.</summary>
    /// <param name="address">An IPv4 or IPv6 address; a zone is dropped.</param>
    public static CidrBlock Of(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> octets = stackalloc byte[16];
        octets.Clear();
        address.TryWriteBytes(octets, out var written);
        var bits = BinaryPrimitives.ReadUInt128BigEndian(octets);
        return written == 4 ? new(bits, IPv4Bits, isIPv6: false)
            : address.IsIPv4MappedToIPv6 ? new(bits << MappedPrefix, IPv4Bits, isIPv6: false)
            : new(bits, IPv6Bits, isIPv6: true);
    }

    /// <summary>Reads a block: an IPv4 or IPv6 address, IPv6 with or without brackets, and perhaps <c>/</c> and a prefix length.</summary>
    /// <param name="text">The block.</param>
    /// <param name="block">The block, with any host bits cleared.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out CidrBlock block)
    {
        block = default;
        return text is not null && TryParse(text, out block, out _, out _);
    }

    /// <summary>Whether an address, given as a block of one, or a whole block is in this block.</summary>
    /// <param name="other">The other block.</param>
    public bool Contains(CidrBlock other) =>
        IsIPv6 == other.IsIPv6 && PrefixLength <= other.PrefixLength && (other.Start & Mask(PrefixLength)) == Start;

    /// <summary>The block of another prefix length that begins with this one's bits.</summary>
    internal CidrBlock Shortened(int prefixLength) => new(Start, prefixLength, IsIPv6);

    /// <summary>Whether a peer's address is in this block; that of the Unix sockets is 127.0.0.1 and ::1.</summary>
    /// <param name="peer">The peer.</param>
    public bool Holds(PeerId peer) => peer.Block is { } address ? Contains(address) : Contains(LoopbackIPv4) || Contains(LoopbackIPv6);

    /// <summary>The block in its one spelling: <c>10.0.0.0/16</c>, <c>2001:db8::/32</c>; a single address has no prefix length.</summary>
    public override string ToString()
    {
        var address = FirstAddress();
        return IsOneAddress ? address.ToString() : string.Create(CultureInfo.InvariantCulture, $"{address}/{PrefixLength}");
    }

    /// <summary>Reads a block, and says what is wrong with it or what had to be corrected.</summary>
    internal static bool TryParse(string text, out CidrBlock block, out bool hadHostBits, [NotNullWhen(false)] out string? error)
    {
        block = default;
        hadHostBits = false;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var addressText = slash < 0 ? text : text[..slash];
        error = ReadAddress(addressText, out var address, out var wasIPv6);
        if (error is not null)
        {
            return false;
        }

        // The prefix length counts in the family the file writes, which a mapped address leaves.
        var isMapped = wasIPv6 && address!.AddressFamily == AddressFamily.InterNetwork;
        var longest = wasIPv6 ? IPv6Bits : IPv4Bits;
        var prefix = longest;
        if (slash >= 0 && !TryReadPrefix(text.AsSpan(slash + 1), longest, out prefix))
        {
            error = $"'{Token.Shorten(text[(slash + 1)..])}' is not a prefix length; expected a number from 0 to {longest}";
            return false;
        }

        if (isMapped && prefix < MappedPrefix)
        {
            error = $"a block of IPv4-mapped IPv6 addresses needs a prefix length of at least {MappedPrefix}, or it would reach beyond IPv4; write it as IPv4";
            return false;
        }

        var whole = Of(address!);
        block = new CidrBlock(whole.Start, isMapped ? prefix - MappedPrefix : prefix, whole.IsIPv6);
        hadHostBits = block.Start != whole.Start;
        return true;
    }

    private IPAddress FirstAddress()
    {
        Span<byte> octets = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(octets, Start);
        return new IPAddress(IsIPv6 ? octets : octets[..4]);
    }

    private static string? ReadAddress(string text, out IPAddress? address, out bool wasIPv6)
    {
        wasIPv6 = false;
        if (ConfigAddress.TryParseIPv4(text, out address))
        {
            return null;
        }

        var inner = text is ['[', .., ']'] ? text[1..^1] : text;
        if (inner.Contains('%', StringComparison.Ordinal))
        {
            return "an address with a zone is not accepted";
        }

        if (inner.Length != text.Length && ConfigAddress.TryParseIPv4(inner, out _))
        {
            return "brackets are for IPv6; write an IPv4 address without them";
        }

        wasIPv6 = ConfigAddress.TryParseIPv6(inner, out address);
        return wasIPv6 ? null
            : ConfigAddress.IsHostName(text) ? "host names are not accepted; write an IP address"
            : $"'{Token.Shorten(text)}' is not an IP address";
    }

    private static bool TryReadPrefix(ReadOnlySpan<char> text, int longest, out int prefix) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out prefix)
        && prefix <= longest
        && (text.Length == 1 || text[0] != '0');

    // Shifting by the whole width would shift by nothing.
    private static UInt128 Mask(int prefixLength) => prefixLength == 0 ? UInt128.Zero : UInt128.MaxValue << (IPv6Bits - prefixLength);
}
