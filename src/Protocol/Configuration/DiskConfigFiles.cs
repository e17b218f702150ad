using System.Collections.Immutable;
using System.Text;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Configuration files on the machine's own disks, read as UTF-8.</summary>
/// <param name="searchPath">The directories a relative include is looked for in.</param>
public sealed class DiskConfigFiles(ImmutableArray<string> searchPath) : IConfigFiles
{
    private const string SearchPathVariable = "EC_CONF_SEARCH_PATH";

    // Far above any configuration a person maintains, far below what would hurt the process.
    private const int MaxFileCharacters = 16 * 1024 * 1024;
    private const int BufferCharacters = 16 * 1024;

    /// <inheritdoc/>
    public ImmutableArray<string> SearchPath { get; } = searchPath;

    /// <summary>The disk with the search path that the environment variable <c>EC_CONF_SEARCH_PATH</c> gives, colons between.</summary>
    public static DiskConfigFiles FromEnvironment() =>
        new([.. (Environment.GetEnvironmentVariable(SearchPathVariable) ?? "").Split(
            ':', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)]);

    /// <inheritdoc/>
    public ConfigPathKind Probe(string path) =>
        File.Exists(path) ? ConfigPathKind.File
        : Directory.Exists(path) ? ConfigPathKind.Directory
        : ConfigPathKind.Missing;

    /// <inheritdoc/>
    public string GetFullPath(string path) => Path.GetFullPath(path);

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFiles(string directory) => [.. Directory.EnumerateFiles(directory).Select(f => Path.GetFileName(f))];

    /// <inheritdoc/>
    public string ReadText(string path)
    {
        // Counted while reading: what is not a regular file has no length to ask for beforehand.
        using var reader = new StreamReader(path, Encoding.UTF8);
        var text = new StringBuilder();
        var buffer = new char[BufferCharacters];
        while (reader.Read(buffer) is var read and > 0)
        {
            text.Append(buffer, 0, read);
            if (text.Length > MaxFileCharacters)
            {
                throw new IOException($"the file is larger than {MaxFileCharacters} characters");
            }
        }

        return text.ToString();
    }
}
