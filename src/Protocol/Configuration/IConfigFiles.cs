using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>What a path leads to.</summary>
public enum ConfigPathKind
{
    /// <summary>Nothing, or nothing that may be looked at.</summary>
    Missing,

    /// <summary>A file.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,
}

/// <summary>The files a configuration is read from: the one door between the parser and a disk.</summary>
public interface IConfigFiles
{
    /// <summary>The directories a relative include is looked for in, after the directory of the including file.</summary>
    ImmutableArray<string> SearchPath { get; }

    /// <summary>What the path leads to.</summary>
    /// <param name="path">A path, absolute or relative to the working directory.</param>
    ConfigPathKind Probe(string path);

    /// <summary>One spelling for each file, by which a file that includes itself is recognised.</summary>
    /// <param name="path">A path that leads to a file.</param>
    string GetFullPath(string path);

    /// <summary>The names, without directory, of the files directly in a directory, in any order.</summary>
    /// <param name="directory">A path that leads to a directory.</param>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be read.</exception>
    IReadOnlyList<string> ListFiles(string directory);

    /// <summary>The text of a file.</summary>
    /// <param name="path">A path that leads to a file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    string ReadText(string path);
}
