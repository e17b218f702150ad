using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EcStreamOrleans.Spool;

/// <summary>The operating system's files: positional reads and writes, and <c>fdatasync</c> where there is one.</summary>
public sealed partial class SpoolFiles : ISpoolFiles
{
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
        SpoolFileMode.Write => new OpenFile(File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete)),
        _ => new OpenFile(File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete)),
    };

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

        var descriptor = OpenDirectory(directory, 0);
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
    private static partial int OpenDirectory(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    private sealed class OpenFile(SafeFileHandle handle) : ISpoolFile
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
                RandomAccess.Write(handle, source, offset);
            }
            catch (IOException error) when (error.HResult is NoSpace or QuotaExceeded or WindowsDiskFull)
            {
                throw new SpoolDiskFullException(error.Message, error);
            }
        }

        public void Flush()
        {
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

        public void Dispose() => handle.Dispose();
    }
}
