using System.Runtime.InteropServices;

namespace EcStreamOrleans.Spool;

/// <summary>
/// Memory that files past the page cache are written from: aligned to blocks, and from 2 MiB on upon huge pages where the system gives them, so that
/// a write is one piece to the disk instead of one for each 4 KiB.
/// </summary>
internal sealed unsafe partial class AlignedMemory : IDisposable
{
    private const int HugePage = 2 << 20;
    private const int AdviseHugePages = 14;

    private readonly byte* _start;

    /// <param name="size">Bytes; a multiple of <see cref="SegmentHeader.BlockSize"/>.</param>
    public AlignedMemory(int size)
    {
        Size = size;
        var isHuge = size >= HugePage;
        var whole = isHuge ? ((nuint)size + HugePage - 1) / HugePage * HugePage : (nuint)size;
        _start = (byte*)NativeMemory.AlignedAlloc(whole, isHuge ? HugePage : (nuint)SegmentHeader.BlockSize);
        if (isHuge && OperatingSystem.IsLinux())
        {
            // Advice: where it is not taken the pages are small, and nothing else is different.
            _ = Advise(_start, whole, AdviseHugePages);
        }
    }

    /// <summary>Bytes.</summary>
    public int Size { get; }

    /// <summary>All of it.</summary>
    public Span<byte> Span => new(_start, Size);

    public void Dispose() => NativeMemory.AlignedFree(_start);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(byte* start, nuint length, int advice);
}
