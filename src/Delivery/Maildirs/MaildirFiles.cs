using System.Runtime.InteropServices;

namespace EcStreamOrleans.Delivery.Maildirs;

/// <summary>The file system of a Unix host, through the framework where it can and the C library where it cannot.</summary>
internal sealed partial class MaildirFiles : IMaildirFiles
{
    private const int ReadOnly = 0;
    private const int Interrupted = 4;
    private const string NotHere = "a Maildir needs a Unix file system";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public bool CreateDirectory(string path)
    {
        if (Directory.Exists(path))
        {
            return false;
        }

        if (OperatingSystem.IsWindows())
        {
            throw new IOException(NotHere);
        }

        Directory.CreateDirectory(path, OwnerOnly);
        return true;
    }

    public void WriteDurably(string path, ReadOnlySpan<byte> head, ReadOnlySpan<byte> message)
    {
        using var file = new FileStream(path, CreateForOwner(head.Length + message.Length));
        file.Write(head);
        file.Write(message);
        file.Flush(flushToDisk: true);
    }

    public void Rename(string from, string to)
    {
        // File.Move copies where a rename is impossible, and what it copies is not flushed.
        if (RenameFile(from, to) != 0)
        {
            throw LastError(to);
        }
    }

    public void SyncDirectory(string path)
    {
        // The framework opens no directory.
        var descriptor = OpenFile(path, ReadOnly);
        if (descriptor < 0)
        {
            throw LastError(path);
        }

        try
        {
            while (SyncFile(descriptor) != 0)
            {
                if (Marshal.GetLastPInvokeError() != Interrupted)
                {
                    throw LastError(path);
                }
            }
        }
        finally
        {
            _ = CloseFile(descriptor);
        }
    }

    public void Delete(string path) => File.Delete(path);

    /// <summary>Mail is for its owner, whatever the umask and the directory say. A disk without room says so before a part is written.</summary>
    private static FileStreamOptions CreateForOwner(long size)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new IOException(NotHere);
        }

        return new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            PreallocationSize = size,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
    }

    private static IOException LastError(string path) => new($"{Marshal.GetLastPInvokeErrorMessage()}: '{path}'");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncFile(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseFile(int descriptor);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameFile(string from, string to);
}
