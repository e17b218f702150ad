using System.Buffers;

namespace EcStreamOrleans.Protocol.Framing;

/// <summary>
/// The framing of a stream: how packages follow each other from client to server and replies the other way. Pure: bytes
/// in, values out; no socket, no clock, no log. <see cref="EcStreamCodec"/> is the open framing of docs/protocol.md; another
/// framing of the same conversation plugs in here.
/// </summary>
public interface IStreamCodec
{
    /// <summary>The name in logs.</summary>
    string Name { get; }

    /// <summary>A reader for the packages of one connection; it holds that connection's state.</summary>
    /// <param name="limits">What a package may be at most.</param>
    IPackageReader CreatePackageReader(FramingLimits limits);

    /// <summary>Looks inside one whole package, as <see cref="IPackageReader.Read"/> delivered it.</summary>
    /// <param name="package">The package, verbatim, with its own framing.</param>
    /// <param name="limits">What an envelope may be at most.</param>
    /// <param name="envelope">The message and its envelope: views of <paramref name="package"/>.</param>
    /// <returns>What is wrong with the inside, or <see cref="PackageFault.None"/>.</returns>
    PackageFault ReadEnvelope(ReadOnlySpan<byte> package, FramingLimits limits, out Envelope envelope);

    /// <summary>Writes one package.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="message">The message, octet for octet.</param>
    /// <param name="sender">The envelope sender; empty is the null sender.</param>
    /// <param name="recipients">The recipients; at least one.</param>
    void WritePackage(IBufferWriter<byte> output, ReadOnlySpan<byte> message, ReadOnlySpan<byte> sender, ReadOnlySpan<ReadOnlyMemory<byte>> recipients);

    /// <summary>Writes one reply.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="code">The verdict.</param>
    /// <param name="text">An RFC 3463 status code, a space and words for a person.</param>
    void WriteReply(IBufferWriter<byte> output, ReplyCode code, ReadOnlySpan<byte> text);

    /// <summary>Reads the next reply.</summary>
    /// <param name="input">What has arrived; moves past the reply if there is a whole one, and not at all otherwise.</param>
    /// <param name="reply">The reply.</param>
    /// <param name="keepsAcceptedText">False leaves the text of an accepted package's reply empty: it names a message, and is a string for each.</param>
    /// <returns>Whether there was a whole one, more is needed, or this is no reply.</returns>
    ReplyStatus ReadReply(ref SequenceReader<byte> input, out Reply reply, bool keepsAcceptedText = true);
}

/// <summary>Reads the packages of one connection, in whatever pieces they arrive.</summary>
public interface IPackageReader
{
    /// <summary>The octets of the stream read so far.</summary>
    long Offset { get; }

    /// <summary>Whether the stream stands inside a package: an end of stream here would cut it.</summary>
    bool InPackage { get; }

    /// <summary>The payload length that the package under way, or the one just read, declares.</summary>
    long DeclaredLength { get; }

    /// <summary>What is wrong with the stream, after <see cref="PackageStatus.Malformed"/>.</summary>
    string? Error { get; }

    /// <summary>
    /// Reads up to the end of one package. Its octets go to <paramref name="packages"/> verbatim, as they arrive: memory is
    /// taken for what is there, never for what a length claims.
    /// </summary>
    /// <param name="input">What has arrived; moves past what was taken.</param>
    /// <param name="packages">Takes the package.</param>
    /// <param name="wholeOnly">Take nothing of a package that is not wholly there.</param>
    /// <returns>How far it came.</returns>
    PackageStatus Read(ref SequenceReader<byte> input, IBufferWriter<byte> packages, bool wholeOnly);
}

/// <summary>How far <see cref="IPackageReader.Read"/> came.</summary>
public enum PackageStatus
{
    /// <summary>The input is used up (or, where only whole packages were asked for, holds no further whole one).</summary>
    NeedMore,

    /// <summary>A whole package has been written to the output.</summary>
    Complete,

    /// <summary>A package over <see cref="FramingLimits.MaxPackageBytes"/> has been skipped to its end; nothing was written.</summary>
    TooLong,

    /// <summary>The stream is not framed; it cannot be read further.</summary>
    Malformed,
}

/// <summary>How far <see cref="IStreamCodec.ReadReply"/> came.</summary>
public enum ReplyStatus
{
    /// <summary>The reply is not wholly there.</summary>
    NeedMore,

    /// <summary>A reply.</summary>
    Complete,

    /// <summary>This is no reply; the stream cannot be read further.</summary>
    Malformed,
}

/// <summary>The verdict on a package.</summary>
public enum ReplyCode : byte
{
    /// <summary>Durable, for all recipients.</summary>
    Accepted = (byte)'K',

    /// <summary>Not taken; try again later.</summary>
    Deferred = (byte)'Z',

    /// <summary>Not taken, and never will be.</summary>
    Rejected = (byte)'D',
}

/// <summary>A reply as a client reads it.</summary>
/// <param name="Code">The verdict.</param>
/// <param name="Text">The text behind the code; octets outside UTF-8 are replaced.</param>
public readonly record struct Reply(ReplyCode Code, string Text);
