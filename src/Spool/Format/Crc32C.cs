using System.Numerics;
using System.Runtime.InteropServices;

namespace EcStreamOrleans.Spool;

/// <summary>
/// CRC-32C (Castagnoli). <see cref="BitOperations"/> uses the processor's instruction where there is one and a table elsewhere;
/// eight bytes a step keep it well ahead of any disk.
/// </summary>
internal static class Crc32C
{
    public const uint Seed = uint.MaxValue;

    /// <summary>Takes more bytes into a running value that began with <see cref="Seed"/>.</summary>
    public static uint Update(uint state, ReadOnlySpan<byte> data)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(data);
        foreach (var word in words)
        {
            state = BitOperations.Crc32C(state, BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word));
        }

        foreach (var value in data[(words.Length * sizeof(ulong))..])
        {
            state = BitOperations.Crc32C(state, value);
        }

        return state;
    }

    /// <summary>The finished value of a running one.</summary>
    public static uint Finish(uint state) => ~state;

    /// <summary>The CRC of one run of bytes.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => Finish(Update(Seed, data));
}
