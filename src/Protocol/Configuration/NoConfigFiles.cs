using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>No files at all: for a text that stands alone.</summary>
internal sealed class NoConfigFiles : IConfigFiles
{
    public static NoConfigFiles Instance { get; } = new();

    public ImmutableArray<string> SearchPath => [];

    public ConfigPathKind Probe(string path) => ConfigPathKind.Missing;

    public string GetFullPath(string path) => path;

    public IReadOnlyList<string> ListFiles(string directory) => [];

    public string ReadText(string path) => throw new FileNotFoundException("there are no files", path);
}
