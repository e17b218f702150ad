using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EcStreamOrleans.Spool;

/// <summary>The operating system's files: positional reads and writes, and <c>fdatasync</c> where there is one.</summary>
/// <param name="bypassesPageCache">
/// Whether files of blocks are written past the page cache, each write durable when it returns (<c>O_DIRECT</c> and <c>O_DSYNC</c>), as <see cref="CanBypassPageCache"/> has found possible: it saves a
/// copy, and the kernel's own idea of when to write.
/// </param>
public sealed partial class SpoolFiles(bool bypassesPageCache = false) : ISpoolFiles
{
    private const int ReadWrite = 0x2;
    private const int CloseOnExec = 0x80000;
    private const int DataSync = 0x1000;

    // The one flag that is not the same everywhere.
    private static readonly int Direct = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x10000 : 0x4000;

    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <inheritdoc/>
    public void CreateDirectory(string path)
    {
        if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(path);
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } parent)
            {
                FlushDirectory(parent);
            }
        }
    }

    /// <inheritdoc/>
    public IDisposable Lock(string path) => new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string directory) =>
        Directory.Exists(directory) ? [.. Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path))] : [];

    /// <inheritdoc/>
    public ISpoolFile Open(string path, SpoolFileMode mode) => mode switch
    {
        // The reader beside a live spool must neither be kept out nor keep the writer from deleting.
        SpoolFileMode.Read => new OpenFile(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)),
        SpoolFileMode.WriteBlocks or SpoolFileMode.CreateBlocks when bypassesPageCache => OpenBlocks(path, isNew: mode == SpoolFileMode.CreateBlocks),
        SpoolFileMode.Write or SpoolFileMode.WriteBlocks => new OpenFile(File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete)),
        _ => new OpenFile(File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete)),
    };

    /// <summary>Tries whether files of a directory can be written past the page cache.</summary>
    /// <param name="directory">The directory; it exists.</param>
    /// <param name="reason">Why not, in the system's words.</param>
    /// <exception cref="IOException">Not even the trial file can be made.</exception>
    public static unsafe bool CanBypassPageCache(string directory, out string? reason)
    {
        if (!OperatingSystem.IsLinux())
        {
            reason = "only Linux is known to";
            return false;
        }

        var path = Path.Combine(directory, $".direct-{Guid.NewGuid():n}");
        var block = (byte*)NativeMemory.AlignedAlloc(SegmentHeader.BlockSize, SegmentHeader.BlockSize);
        try
        {
            var expected = new Span<byte>(block, SegmentHeader.BlockSize);
            expected.Fill(0x5a);
            using var file = OpenBlocks(path, isNew: true);
            file.Write(expected, SegmentHeader.BlockSize);
            file.Flush();
            var read = new byte[SegmentHeader.BlockSize];
            reason = file.Read(read, SegmentHeader.BlockSize) == read.Length && expected.SequenceEqual(read) ? null : "what was written is not read back";
            return reason is null;
        }
        catch (IOException error)
        {
            reason = error.Message;
            return false;
        }
        finally
        {
            NativeMemory.AlignedFree(block);
            File.Delete(path);
        }
    }

    /// <inheritdoc/>
    public void Delete(string path) => File.Delete(path);

    /// <inheritdoc/>
    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    /// <inheritdoc/>
    public void FlushDirectory(string directory)
    {
        // Windows has no such call: NTFS journals the names itself.
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = OpenDescriptor(directory, CloseOnExec);
        if (descriptor < 0)
        {
            throw Error($"open {directory}", Marshal.GetLastPInvokeError());
        }

        var failed = FSync(descriptor) != 0;
        var error = Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        if (failed)
        {
            throw Error($"fsync {directory}", error);
        }
    }

    /// <inheritdoc/>
    public long FreeBytes(string directory) => new DriveInfo(Path.GetFullPath(directory)).AvailableFreeSpace;

    // Two descriptors: what is written goes past the page cache, what is read need not be aligned. The kernel keeps the two in step.
    private static OpenFile OpenBlocks(string path, bool isNew)
    {
        var reader = File.OpenHandle(path, isNew ? FileMode.Create : FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var descriptor = OpenDescriptor(path, ReadWrite | CloseOnExec | Direct | DataSync);
        if (descriptor < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            reader.Dispose();
            throw Error($"open {path} with O_DIRECT and O_DSYNC", error);
        }

        return new OpenFile(reader, new SafeFileHandle(descriptor, ownsHandle: true));
    }

    private static IOException Error(string what, int error)
    {
        var message = $"{what}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})";
        return error is NoSpace or QuotaExceeded ? new SpoolDiskFullException(message, null) : new IOException(message, error);
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenDescriptor(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    private sealed class OpenFile(SafeFileHandle handle, SafeFileHandle? blocks = null) : ISpoolFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public int Read(Span<byte> destination, long offset)
        {
            var total = 0;
            while (total < destination.Length)
            {
                var read = RandomAccess.Read(handle, destination[total..], offset + total);
                if (read == 0)
                {
                    break;
                }

                total += read;
            }

            return total;
        }

        public void Write(ReadOnlySpan<byte> source, long offset)
        {
            try
            {
                RandomAccess.Write(blocks ?? handle, source, offset);
            }
            catch (IOException error) when (error.HResult is NoSpace or QuotaExceeded or WindowsDiskFull)
            {
                throw new SpoolDiskFullException(error.Message, error);
            }
        }

        public void Flush()
        {
            if (blocks is not null)
            {
                // Every write was durable when it returned, with the length it needs.
                return;
            }

            if (!OperatingSystem.IsLinux())
            {
                RandomAccess.FlushToDisk(handle);
                return;
            }

            // Not retried, not even when interrupted: after an error the kernel may have dropped the pages and the next call would lie.
            if (FDataSync(handle) != 0)
            {
                throw Error("fdatasync", Marshal.GetLastPInvokeError());
            }
        }

        public void Dispose()
        {
            blocks?.Dispose();
            handle.Dispose();
        }
    }
}
