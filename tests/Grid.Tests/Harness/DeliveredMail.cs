using System.Text;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>One file of a Maildir: the envelope from the two header lines that were put before it, and the message as it came.</summary>
internal sealed record DeliveredMail(string File, string Sender, string Recipient, byte[] Message)
{
    /// <summary>The message as characters of one octet each.</summary>
    public string Text => Encoding.Latin1.GetString(Message);

    /// <summary>Everything behind the first empty line.</summary>
    public byte[] Body => BodyOf(Message);

    public static byte[] BodyOf(byte[] message)
    {
        var crlf = message.AsSpan().IndexOf("\r\n\r\n"u8);
        var lf = message.AsSpan().IndexOf("\n\n"u8);
        return crlf >= 0 && (lf < 0 || crlf < lf) ? message[(crlf + 4)..] : lf >= 0 ? message[(lf + 2)..] : [];
    }

    /// <summary>Reads all that was delivered; what is still in tmp was not.</summary>
    public static List<DeliveredMail> ReadAll(string maildir) => [.. Directory.EnumerateFiles(Path.Combine(maildir, "new")).Select(Read)];

    private static DeliveredMail Read(string file)
    {
        var octets = System.IO.File.ReadAllBytes(file);
        var first = octets.AsSpan().IndexOf((byte)'\n') + 1;
        var second = first + octets.AsSpan(first).IndexOf((byte)'\n') + 1;
        var returnPath = Encoding.Latin1.GetString(octets, 0, first).TrimEnd('\r', '\n');
        var deliveredTo = Encoding.Latin1.GetString(octets, first, second - first).TrimEnd('\r', '\n');
        Assert.StartsWith("Return-Path: <", returnPath);
        Assert.StartsWith("Delivered-To: ", deliveredTo);
        return new DeliveredMail(Path.GetFileName(file), returnPath["Return-Path: <".Length..^1], deliveredTo["Delivered-To: ".Length..], octets[second..]);
    }
}
