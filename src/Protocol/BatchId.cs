using System.Globalization;

namespace EcStreamOrleans.Protocol;

/// <summary>
/// Names one batch for ever: the session it came from and its place in that session. An append of a batch that was
/// already appended under the same id is answered with the first answer, so a caller in doubt asks again.
/// </summary>
/// <param name="Session">The session's random id: a new one for every connection, never reused.</param>
/// <param name="Sequence">The batch's number in the session, counted from 1.</param>
public readonly record struct BatchId(Guid Session, long Sequence)
{
    /// <summary>The size of <see cref="WriteTo"/>'s form, in bytes.</summary>
    public const int SizeInBytes = 24;

    /// <summary>Writes the id's binary form: 16 bytes of session, 8 bytes of sequence, little endian.</summary>
    /// <param name="destination">At least <see cref="SizeInBytes"/> bytes.</param>
    public void WriteTo(Span<byte> destination)
    {
        Session.TryWriteBytes(destination);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(destination[16..], Sequence);
    }

    /// <summary>Reads what <see cref="WriteTo"/> wrote.</summary>
    /// <param name="source">At least <see cref="SizeInBytes"/> bytes.</param>
    public static BatchId ReadFrom(ReadOnlySpan<byte> source) =>
        new(new Guid(source[..16]), System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(source[16..]));

    /// <summary>The id as logs show it: <c>session/sequence</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Session:n}/{Sequence}");
}
