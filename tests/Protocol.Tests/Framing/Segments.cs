using System.Buffers;
using EcStreamOrleans.Fuzz;

namespace EcStreamOrleans.Protocol.Tests.Framing;

/// <summary>Sequences of several segments, as pipes make them.</summary>
internal static class Segments
{
    /// <param name="octets">The octets.</param>
    /// <param name="size">Of a segment; 0 for all in one.</param>
    public static ReadOnlySequence<byte> Of(ReadOnlyMemory<byte> octets, int size) => size <= 0 ? new(octets) : Streams.Segment(octets, size);
}
