using System.Buffers;
using System.Text;

namespace EcStreamOrleans.Protocol.Framing;

/// <summary>
/// The open framing of docs/protocol.md: QMQP's package (https://cr.yp.to/proto/qmqp.html) made into a stream, so that every
/// QMQP client is a client.
/// </summary>
public sealed class EcStreamCodec : IStreamCodec
{
    /// <summary>No reply of a server in its senses is longer; what claims to be is refused before it is read.</summary>
    internal const int MaxReplyBytes = 8_192;

    private EcStreamCodec()
    {
    }

    /// <summary>The codec; it has no state.</summary>
    public static EcStreamCodec Instance { get; } = new();

    /// <inheritdoc/>
    public string Name => "ecstream/1";

    /// <inheritdoc/>
    public IPackageReader CreatePackageReader(FramingLimits limits) => new PackageReader(limits);

    /// <summary>package = netstring( message sender recipient *recipient ), each of them a netstring.</summary>
    /// <inheritdoc/>
    public PackageFault ReadEnvelope(ReadOnlySpan<byte> package, FramingLimits limits, out Envelope envelope)
    {
        ArgumentNullException.ThrowIfNull(limits);
        envelope = default;
        var frame = package;
        if (!Netstring.TryTake(ref frame, out var inside) || !frame.IsEmpty)
        {
            return new(PackageFaultKind.Structure, 0, 0);
        }

        var rest = inside;
        if (!Netstring.TryTake(ref rest, out var message) || !Netstring.TryTake(ref rest, out var sender))
        {
            return new(PackageFaultKind.Structure, inside.Length - rest.Length, 0);
        }

        var fault = CheckAddress(sender, limits);
        var recipients = rest;
        var count = 0;
        while (!rest.IsEmpty)
        {
            if (!Netstring.TryTake(ref rest, out var recipient))
            {
                return new(PackageFaultKind.Structure, inside.Length - rest.Length, 0);
            }

            count++;
            if (fault.Kind == PackageFaultKind.None)
            {
                fault = recipient.IsEmpty ? new(PackageFaultKind.EmptyRecipient, count, 0) : CheckAddress(recipient, limits);
            }
        }

        if (count == 0)
        {
            return new(PackageFaultKind.NoRecipient, 0, 0);
        }

        if (count > limits.MaxRecipients)
        {
            return new(PackageFaultKind.TooManyRecipients, count, limits.MaxRecipients);
        }

        if (fault.Kind == PackageFaultKind.None)
        {
            envelope = new Envelope(message, sender, recipients, count);
        }

        return fault;
    }

    /// <inheritdoc/>
    public void WritePackage(IBufferWriter<byte> output, ReadOnlySpan<byte> message, ReadOnlySpan<byte> sender, ReadOnlySpan<ReadOnlyMemory<byte>> recipients)
    {
        ArgumentNullException.ThrowIfNull(output);
        var length = Netstring.SizeOf(message.Length) + Netstring.SizeOf(sender.Length);
        foreach (var recipient in recipients)
        {
            length += Netstring.SizeOf(recipient.Length);
        }

        Netstring.WritePrefix(output, length);
        Netstring.Write(output, message);
        Netstring.Write(output, sender);
        foreach (var recipient in recipients)
        {
            Netstring.Write(output, recipient.Span);
        }

        output.Write(","u8);
    }

    /// <summary>reply = netstring( code text ), code = "K" | "Z" | "D".</summary>
    /// <inheritdoc/>
    public void WriteReply(IBufferWriter<byte> output, ReplyCode code, ReadOnlySpan<byte> text)
    {
        ArgumentNullException.ThrowIfNull(output);
        Netstring.WritePrefix(output, text.Length + 1);
        var span = output.GetSpan(text.Length + 2);
        span[0] = (byte)code;
        text.CopyTo(span[1..]);
        span[text.Length + 1] = (byte)',';
        output.Advance(text.Length + 2);
    }

    /// <inheritdoc/>
    public ReplyStatus ReadReply(ref SequenceReader<byte> input, out Reply reply, bool keepsAcceptedText = true)
    {
        reply = default;
        var look = input;
        var length = 0;
        for (var digits = 0; ; digits++)
        {
            if (!look.TryRead(out var octet))
            {
                return ReplyStatus.NeedMore;
            }

            if (octet == ':' && digits > 0)
            {
                break;
            }

            if (!Netstring.IsDigit(octet) || (digits > 0 && length == 0))
            {
                return ReplyStatus.Malformed;
            }

            length = (length * 10) + (octet - '0');
            if (length > MaxReplyBytes)
            {
                return ReplyStatus.Malformed;
            }
        }

        if (length == 0)
        {
            return ReplyStatus.Malformed;
        }

        if (look.Remaining <= length)
        {
            return ReplyStatus.NeedMore;
        }

        var unread = look.UnreadSpan;
        if (unread.Length > length ? !TryDecode(unread[..(length + 1)], keepsAcceptedText, out reply) : !TryDecodeSplit(look, length, keepsAcceptedText, out reply))
        {
            return ReplyStatus.Malformed;
        }

        look.Advance(length + 1);
        input = look;
        return ReplyStatus.Complete;
    }

    // On its own, so that the stack is cleared only for a reply that two reads have cut.
    private static bool TryDecodeSplit(in SequenceReader<byte> input, int length, bool keepsAcceptedText, out Reply reply)
    {
        Span<byte> content = stackalloc byte[MaxReplyBytes + 1];
        input.TryCopyTo(content[..(length + 1)]);
        return TryDecode(content[..(length + 1)], keepsAcceptedText, out reply);
    }

    private static bool TryDecode(ReadOnlySpan<byte> content, bool keepsAcceptedText, out Reply reply)
    {
        reply = default;
        if (content[^1] != ',' || content[0] is not ((byte)'K' or (byte)'Z' or (byte)'D'))
        {
            return false;
        }

        var code = (ReplyCode)content[0];
        reply = new Reply(code, code == ReplyCode.Accepted && !keepsAcceptedText ? "" : Encoding.UTF8.GetString(content[1..^1]));
        return true;
    }

    private static PackageFault CheckAddress(ReadOnlySpan<byte> address, FramingLimits limits)
    {
        if (address.Length > limits.MaxAddressBytes)
        {
            return new(PackageFaultKind.AddressTooLong, address.Length, limits.MaxAddressBytes);
        }

        return address.IndexOfAny((byte)'\r', (byte)'\n', (byte)0) >= 0 ? new(PackageFaultKind.AddressOctet, 0, 0) : PackageFault.None;
    }
}
