using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace EcStreamOrleans.Protocol.Framing;

/// <summary>
/// A <see cref="PassedPeer"/> in the extension (TLV) of a PROXY header, version 2, that is left to applications.
/// </summary>
/// <remarks>
/// <code>
/// passed-on = %xE0 length "ECS" %x01 certificate *1024OCTET      ; the octets are the verified subject, UTF-8 without control characters
/// certificate = %x00 / %x01 / %x03                               ; none verified / one verified / one verified and admitted the peer
/// </code>
/// Whatever else has this type and does not begin so is another application's. What begins so and goes on otherwise is refused, since without it
/// the edge's certificate would be taken for the peer's.
/// </remarks>
internal static class PassedPeerExtension
{
    /// <summary>The first of the types that the specification leaves to applications.</summary>
    public const byte Type = 0xE0;

    /// <summary>Octets in a subject: above what an edge keeps of a name, 256 characters.</summary>
    public const int MaxSubjectBytes = 1_024;

    private const int FixedBytes = 5;
    private const byte Version = 1;
    private const byte IsVerified = 1;
    private const byte IsAdmitted = 2;

    private static ReadOnlySpan<byte> Mark => "ECS"u8;

    /// <summary>Reads an extension's value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="peer">What it says; null if it is another application's.</param>
    /// <param name="error">What is wrong with it.</param>
    /// <returns>False if it is wrong.</returns>
    public static bool TryRead(ReadOnlySpan<byte> value, out PassedPeer? peer, [NotNullWhen(false)] out string? error)
    {
        (peer, error) = (null, null);
        if (!value.StartsWith(Mark))
        {
            return true;
        }

        if (value.Length < FixedBytes || value[3] != Version)
        {
            error = "passed on by an edge of another version";
            return false;
        }

        var certificate = value[4];
        var subject = value[FixedBytes..];
        if (certificate is not (0 or IsVerified or (IsVerified | IsAdmitted)) || (certificate == 0 && subject.Length > 0))
        {
            error = $"passed on with 0x{certificate:x2} for the certificate and {subject.Length} octets of a subject";
            return false;
        }

        if (subject.Length > MaxSubjectBytes || !Utf8.IsValid(subject))
        {
            error = $"passed on with {subject.Length} octets of a subject; expected UTF-8, {MaxSubjectBytes} at most";
            return false;
        }

        var name = Encoding.UTF8.GetString(subject);
        if (name.Any(char.IsControl))
        {
            error = "passed on with control characters in the subject";
            return false;
        }

        peer = new PassedPeer(certificate == 0 ? null : name, (certificate & IsAdmitted) != 0);
        return true;
    }

    /// <summary>The extension, type and length included.</summary>
    public static byte[] Write(PassedPeer peer)
    {
        var subject = Encoding.UTF8.GetBytes(peer.VerifiedSubject ?? "");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(subject.Length, MaxSubjectBytes, nameof(peer));
        var length = FixedBytes + subject.Length;
        var certificate = peer.VerifiedSubject is null ? 0 : peer.IsAdmitted ? IsVerified | IsAdmitted : IsVerified;
        return [Type, (byte)(length >> 8), (byte)length, .. Mark, Version, (byte)certificate, .. subject];
    }
}
