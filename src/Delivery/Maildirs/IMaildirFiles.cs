namespace EcStreamOrleans.Delivery.Maildirs;

/// <summary>
/// What a Maildir needs of a file system. Failures are <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>,
/// as the framework throws them; a full or failing disk comes in through here in tests.
/// </summary>
internal interface IMaildirFiles
{
    /// <summary>Creates a directory, readable for its owner only, if it is missing.</summary>
    /// <returns>Whether it was missing.</returns>
    bool CreateDirectory(string path);

    /// <summary>Creates a file that must not exist, writes both parts and flushes it to the disk.</summary>
    void WriteDurably(string path, ReadOnlySpan<byte> head, ReadOnlySpan<byte> message);

    /// <summary>Renames a file within one file system.</summary>
    void Rename(string from, string to);

    /// <summary>Flushes a directory's entries to the disk.</summary>
    void SyncDirectory(string path);

    /// <summary>Removes a file.</summary>
    void Delete(string path);
}
