using System.Buffers;

namespace EcStreamOrleans.Protocol.Tests.Framing;

/// <summary>Sequences of several segments, as pipes make them.</summary>
internal static class Segments
{
    public static ReadOnlySequence<byte> Of(ReadOnlyMemory<byte> octets, int size)
    {
        if (size <= 0 || octets.Length <= size)
        {
            return new(octets);
        }

        var first = new Segment(octets[..size], 0);
        var last = first;
        for (var at = size; at < octets.Length; at += size)
        {
            last = last.Append(octets.Slice(at, Math.Min(size, octets.Length - at)));
        }

        return new(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index)
        {
            Memory = memory;
            RunningIndex = index;
        }

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
