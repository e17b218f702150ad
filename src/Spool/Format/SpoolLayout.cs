using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace EcStreamOrleans.Spool;

/// <summary>The names inside a spool's directory, and the small files that are written whole.</summary>
internal static class SpoolLayout
{
    public const string IdFile = "spool-id";
    public const string LockFile = "lock";
    public const string FailedDirectory = "failed";
    public const string QuarantineDirectory = "quarantine";

    public static string SegmentName(int index) => string.Create(CultureInfo.InvariantCulture, $"segment-{index:d5}.ecs");

    public static string JournalName(int index) => string.Create(CultureInfo.InvariantCulture, $"outcomes-{index:d5}.ecj");

    public static bool TrySegmentIndex(string name, out int index) => TryIndex(name, "segment-", ".ecs", out index);

    public static bool TryJournalIndex(string name, out int index) => TryIndex(name, "outcomes-", ".ecj", out index);

    /// <summary>Reads the spool's id and key; null when the file is missing or not ours.</summary>
    public static (ushort Id, ulong Key)? ReadIdentity(ISpoolFiles files, string directory)
    {
        if (!files.List(directory).Contains(IdFile, StringComparer.Ordinal))
        {
            return null;
        }

        using var file = files.Open(Path.Combine(directory, IdFile), SpoolFileMode.Read);
        var text = new byte[64];
        var words = Encoding.ASCII.GetString(text, 0, file.Read(text, 0)).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 2
            && ushort.TryParse(words[0], NumberStyles.HexNumber, null, out var id)
            && ulong.TryParse(words[1], NumberStyles.HexNumber, null, out var key) ? (id, key) : null;
    }

    /// <summary>Makes an identity for a new spool, or takes the one its segments carry when only the small file was lost.</summary>
    public static (ushort Id, ulong Key) CreateIdentity(ISpoolFiles files, string directory, ushort? id)
    {
        Span<byte> random = stackalloc byte[10];
        RandomNumberGenerator.Fill(random);
        var identity = (id ?? MemoryMarshal.Read<ushort>(random), MemoryMarshal.Read<ulong>(random[2..]));
        var block = new byte[SegmentHeader.BlockSize];
        foreach (var name in files.List(directory).Where(name => TrySegmentIndex(name, out _)))
        {
            using var file = files.Open(Path.Combine(directory, name), SpoolFileMode.Read);
            if (file.Read(block, 0) == block.Length && SegmentHeader.TryRead(block, out var header))
            {
                identity = (header.SpoolId, header.Key);
                break;
            }
        }

        WriteWhole(files, directory, IdFile, Encoding.ASCII.GetBytes($"{identity.Item1:x4} {identity.Item2:x16}\n"));
        return identity;
    }

    /// <summary>The durable write of a small file: another name first, flushed, then renamed, then the directory flushed.</summary>
    public static void WriteWhole(ISpoolFiles files, string directory, string name, ReadOnlySpan<byte> content)
    {
        var path = Path.Combine(directory, name);
        var temporary = path + ".tmp";
        using (var file = files.Open(temporary, SpoolFileMode.Create))
        {
            file.Write(content, 0);
            file.Flush();
        }

        files.Rename(temporary, path);
        files.FlushDirectory(directory);
    }

    /// <summary>All bytes of a file, by its length on the disk and not by what any field in it claims.</summary>
    public static byte[] ReadWhole(ISpoolFiles files, string path)
    {
        using var file = files.Open(path, SpoolFileMode.Read);
        var bytes = GC.AllocateUninitializedArray<byte>((int)Math.Min(file.Length, Array.MaxLength));
        var read = file.Read(bytes, 0);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    private static bool TryIndex(string name, string prefix, string suffix, out int index)
    {
        index = 0;
        return name.StartsWith(prefix, StringComparison.Ordinal) && name.EndsWith(suffix, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(prefix.Length..^suffix.Length), NumberStyles.None, null, out index);
    }
}
