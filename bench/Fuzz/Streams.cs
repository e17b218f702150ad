using System.Buffers;

namespace EcStreamOrleans.Fuzz;

/// <summary>What the targets that read octets share.</summary>
internal static class Streams
{
    private static readonly byte[] Framing = "0123456789:,KZD\0\r\n"u8.ToArray();

    /// <summary>Some damages to a stream: to its octets, and to the lengths in it.</summary>
    public static byte[] Damage(ReadOnlySpan<byte> stream, Random random)
    {
        var octets = new List<byte>(stream.Length);
        octets.AddRange(stream);
        for (var damages = random.Next(5); damages > 0; damages--)
        {
            if (random.Next(3) > 0)
            {
                Mutations.Damage(octets, random, () => random.Next(4) == 0 ? (byte)random.Next(256) : random.Pick(Framing));
            }
            else if (octets.IndexOf((byte)':', random.Next(octets.Count + 1)) is var colon and >= 0)
            {
                octets.InsertRange(colon, "000000000099999999992147483648"u8.Slice(random.Next(20), random.Next(1, 11)).ToArray());
            }
        }

        var damaged = octets.ToArray();
        if (random.Next(4) == 0)
        {
            Mutations.Flip(damaged, random, most: 3);
        }

        return damaged;
    }

    /// <summary>How an input arrives: the sizes of the pieces, by the input itself.</summary>
    public static Random RandomOf(byte[] input)
    {
        var hash = 2_166_136_261u;
        foreach (var octet in input)
        {
            hash = (hash ^ octet) * 16_777_619u;
        }

        return new Random((int)hash);
    }

    /// <summary>The octets as a sequence of segments, as pipes make them.</summary>
    public static ReadOnlySequence<byte> Segment(ReadOnlyMemory<byte> octets, int size)
    {
        if (octets.Length <= size)
        {
            return new(octets);
        }

        var first = new Piece(octets[..size], 0);
        var last = first;
        for (var at = size; at < octets.Length; at += size)
        {
            last = last.Append(octets.Slice(at, Math.Min(size, octets.Length - at)));
        }

        return new(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long index)
        {
            Memory = memory;
            RunningIndex = index;
        }

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
