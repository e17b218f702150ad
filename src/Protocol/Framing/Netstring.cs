using System.Buffers;
using System.Buffers.Text;

namespace EcStreamOrleans.Protocol.Framing;

/// <summary>
/// netstring(x) = length ":" x ","; length is decimal ASCII without sign or leading zero (but "0"), ten digits at most.
/// https://cr.yp.to/proto/netstrings.txt
/// </summary>
internal static class Netstring
{
    /// <summary>Ten digits reach 9,999,999,999: more than any message, and no overflow of a long.</summary>
    public const int MaxDigits = 10;

    /// <summary>Takes the netstring at the start of <paramref name="rest"/>.</summary>
    /// <returns><see langword="false"/> if there is none; <paramref name="rest"/> is then unchanged.</returns>
    public static bool TryTake(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> content)
    {
        content = default;
        long length = 0;
        var i = 0;
        for (; i < rest.Length && i < MaxDigits && IsDigit(rest[i]); i++)
        {
            length = (length * 10) + (rest[i] - '0');
        }

        if (i == 0 || (i > 1 && rest[0] == '0') || i == rest.Length || rest[i] != ':' || length > rest.Length - i - 2)
        {
            return false;
        }

        var start = i + 1;
        var end = start + (int)length;
        if (rest[end] != ',')
        {
            return false;
        }

        content = rest[start..end];
        rest = rest[(end + 1)..];
        return true;
    }

    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> content)
    {
        WritePrefix(output, content.Length);
        output.Write(content);
        output.Write(","u8);
    }

    public static void WritePrefix(IBufferWriter<byte> output, long length)
    {
        var span = output.GetSpan(MaxDigits + 1);
        Utf8Formatter.TryFormat(length, span, out var digits);
        span[digits] = (byte)':';
        output.Advance(digits + 1);
    }

    /// <summary>The size of a netstring of <paramref name="length"/> octets, with its frame.</summary>
    public static long SizeOf(long length)
    {
        var digits = 1;
        for (var n = length; n >= 10; n /= 10)
        {
            digits++;
        }

        return digits + 1 + length + 1;
    }

    public static bool IsDigit(byte octet) => (uint)(octet - '0') <= 9;
}
