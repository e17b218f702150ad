namespace EcStreamOrleans.Spool;

/// <summary>How a file is opened.</summary>
public enum SpoolFileMode
{
    /// <summary>An existing file, for reading only; others may write it.</summary>
    Read,

    /// <summary>An existing file, for reading and writing.</summary>
    Write,

    /// <summary>A new, empty file in place of any old one.</summary>
    Create,

    /// <summary>As <see cref="Write"/>; offsets, lengths and memory of what is written are multiples of 4096.</summary>
    WriteBlocks,

    /// <summary>As <see cref="Create"/>; offsets, lengths and memory of what is written are multiples of 4096.</summary>
    CreateBlocks,
}

/// <summary>
/// The spool's whole view of a disk, and so the place where tests put their faults. Every member throws <see cref="IOException"/> when
/// the disk refuses, and <see cref="SpoolDiskFullException"/> when it has no room.
/// </summary>
public interface ISpoolFiles
{
    /// <summary>Creates a directory and those above it, if missing, and makes the creation durable.</summary>
    /// <param name="path">The directory.</param>
    void CreateDirectory(string path);

    /// <summary>Takes the lock that keeps other processes out until the result is disposed.</summary>
    /// <param name="path">The lock file.</param>
    /// <exception cref="IOException">Somebody holds it.</exception>
    IDisposable Lock(string path);

    /// <summary>The names of the files in a directory, without their path; empty when there is no such directory.</summary>
    /// <param name="directory">The directory.</param>
    IReadOnlyList<string> List(string directory);

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mode">For what.</param>
    /// <exception cref="FileNotFoundException">The file does not exist and is not to be created.</exception>
    ISpoolFile Open(string path, SpoolFileMode mode);

    /// <summary>Deletes a file; one that does not exist is no error.</summary>
    /// <param name="path">The file.</param>
    void Delete(string path);

    /// <summary>Renames a file over any other of that name. Durable after <see cref="FlushDirectory"/>.</summary>
    /// <param name="from">The old path.</param>
    /// <param name="to">The new path.</param>
    void Rename(string from, string to);

    /// <summary>Makes what was created, renamed and deleted in a directory durable.</summary>
    /// <param name="directory">The directory.</param>
    void FlushDirectory(string directory);

    /// <summary>The bytes that the disk of a directory still has for this process.</summary>
    /// <param name="directory">The directory.</param>
    long FreeBytes(string directory);
}

/// <summary>
/// One open file. Reads may run beside writes; there is one writer at a time.
/// </summary>
public interface ISpoolFile : IDisposable
{
    /// <summary>The file's length.</summary>
    long Length { get; }

    /// <summary>Reads until the destination is full or the file ends.</summary>
    /// <param name="destination">Where the bytes go.</param>
    /// <param name="offset">Where in the file they are.</param>
    /// <returns>The number of bytes read.</returns>
    int Read(Span<byte> destination, long offset);

    /// <summary>Writes all the bytes; they are durable after <see cref="Flush"/>.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="offset">Where in the file they go.</param>
    void Write(ReadOnlySpan<byte> source, long offset);

    /// <summary>Makes all earlier writes durable, with the length they need. After a failure no write since the last success can be trusted.</summary>
    void Flush();
}
