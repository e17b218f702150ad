using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace EcStreamOrleans.Protocol;

/// <summary>
/// CRC-32C (Castagnoli). <see cref="BitOperations"/> uses the processor's instruction where there is one and a table elsewhere. Each step of
/// the instruction waits for the one before, so that long runs go in three lanes side by side, which are joined as the register is linear.
/// </summary>
public static class Crc32C
{
    /// <summary>What a running value begins with.</summary>
    public const uint Seed = uint.MaxValue;

    /// <summary>Words of a lane: much against what joining three of them costs, little against a batch.</summary>
    private const int Lane = 128;

    // What an octet of the register, at each of its four places, comes to behind a lane of zeros.
    private static readonly uint[] BehindLane = MakeBehindLane();

    /// <summary>Takes more bytes into a running value that began with <see cref="Seed"/>.</summary>
    public static uint Update(uint state, ReadOnlySpan<byte> data)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(data);
        var rest = data[(words.Length * sizeof(ulong))..];
        for (; words.Length >= 3 * Lane; words = words[(3 * Lane)..])
        {
            var (second, third) = (0u, 0u);
            var a = words[..Lane];
            var b = words.Slice(Lane, Lane);
            var c = words.Slice(2 * Lane, Lane);
            for (var i = 0; i < a.Length; i++)
            {
                state = Step(state, a[i]);
                second = Step(second, b[i]);
                third = Step(third, c[i]);
            }

            state = PassLane(PassLane(state) ^ second) ^ third;
        }

        foreach (var word in words)
        {
            state = Step(state, word);
        }

        foreach (var value in rest)
        {
            state = BitOperations.Crc32C(state, value);
        }

        return state;
    }

    /// <summary>The running value over two runs of bytes, each of which has one.</summary>
    /// <param name="state">Of the first.</param>
    /// <param name="later">Of the second, begun with 0.</param>
    /// <param name="laterLength">Bytes of the second.</param>
    public static uint Join(uint state, uint later, long laterLength)
    {
        // What the first comes to behind so many zeros, since the register is linear.
        for (; laterLength >= Lane * sizeof(ulong); laterLength -= Lane * sizeof(ulong))
        {
            state = PassLane(state);
        }

        for (; laterLength >= sizeof(ulong); laterLength -= sizeof(ulong))
        {
            state = Step(state, 0);
        }

        for (; laterLength > 0; laterLength--)
        {
            state = BitOperations.Crc32C(state, (byte)0);
        }

        return state ^ later;
    }

    /// <summary>The finished value of a running one.</summary>
    public static uint Finish(uint state) => ~state;

    /// <summary>The CRC of one run of bytes.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => Finish(Update(Seed, data));

    private static uint Step(uint state, ulong word) => BitOperations.Crc32C(state, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));

    private static uint PassLane(uint state) =>
        BehindLane[state & 0xff] ^ BehindLane[256 + ((state >> 8) & 0xff)] ^ BehindLane[512 + ((state >> 16) & 0xff)] ^ BehindLane[768 + (state >> 24)];

    private static uint[] MakeBehindLane()
    {
        var table = new uint[4 * 256];
        for (var place = 0; place < 4; place++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var state = 1u << ((place * 8) + bit);
                for (var i = 0; i < Lane; i++)
                {
                    state = Step(state, 0);
                }

                // Every octet with this bit as its highest: the one without it, which is there already, and the bit.
                for (var lower = 0; lower < 1 << bit; lower++)
                {
                    table[(place * 256) + (1 << bit) + lower] = table[(place * 256) + lower] ^ state;
                }
            }
        }

        return table;
    }
}
