namespace EcStreamOrleans.Cli.Terminal;

/// <summary>Files that are nobody else's business.</summary>
internal static class PrivateFile
{
    /// <summary>Opens a file to be written; one that is made is the user's alone.</summary>
    public static FileStream Open(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }
}
