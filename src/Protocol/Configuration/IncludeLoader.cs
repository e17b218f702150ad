using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>A file being read, and the file that included it.</summary>
internal sealed record IncludeChain(string Path, string FullPath, IncludeChain? Parent)
{
    public int Depth { get; } = Parent is null ? 0 : Parent.Depth + 1;

    /// <summary>The chain outermost first, as a person follows it.</summary>
    public string Describe() => Parent is null ? Path : $"{Parent.Describe()} -> {Path}";

    public bool Holds(string fullPath) =>
        string.Equals(FullPath, fullPath, StringComparison.Ordinal) || (Parent?.Holds(fullPath) ?? false);
}

/// <summary>One file that an include brought in.</summary>
internal sealed record IncludedFile(IncludeChain Chain, string Text);

/// <summary>Finds and reads what an include names.</summary>
internal sealed class IncludeLoader(IConfigFiles files, DiagnosticBag diagnostics)
{
    /// <summary>How deep files may include files.</summary>
    public const int MaxDepth = 32;

    /// <summary>
    /// How many files one load may read. A file may be included more than once, so without this a few files that each
    /// include the next one twice would be read without end.
    /// </summary>
    public const int MaxFiles = 10_000;

    private const long MaxCharacters = 64 * 1024 * 1024;
    private const string FileScheme = "file://";

    private readonly List<(IncludeChain File, bool IsReadOnly)> _included = [];
    private int _filesRead;
    private long _charactersRead;

    /// <summary>
    /// The files that were read, each spelling of a path once, in the order of their first reading. What one include alone brought
    /// in can be written to: a change to a file that stands in two places would change more than was asked for.
    /// </summary>
    public IEnumerable<ConfigFile> Included
    {
        get
        {
            var readOnly = _included
                .GroupBy(i => i.File.FullPath, StringComparer.Ordinal)
                .Where(g => g.Count() > 1 || g.Any(i => i.IsReadOnly))
                .Select(g => g.Key)
                .ToHashSet(StringComparer.Ordinal);
            return _included.DistinctBy(i => i.File.Path, StringComparer.Ordinal).Select(i => new ConfigFile(i.File.Path, readOnly.Contains(i.File.FullPath)));
        }
    }

    /// <summary>The files that the include at <paramref name="reference"/> names, in the order they are to be read.</summary>
    public IEnumerable<IncludedFile> Load(Token reference, bool isReadOnly, IncludeChain includer)
    {
        if (Resolve(reference, includer) is not { } path)
        {
            yield break;
        }

        foreach (var file in Expand(reference, path))
        {
            if (Open(reference, file, includer) is { } included)
            {
                _included.Add((included.Chain, isReadOnly));
                yield return included;
            }
        }
    }

    /// <summary>The text of a file, or <see langword="null"/> after an error was reported.</summary>
    public string? Read(SourceLocation location, string path)
    {
        try
        {
            var text = files.ReadText(path);
            _charactersRead += text.Length;
            if (++_filesRead <= MaxFiles && _charactersRead <= MaxCharacters)
            {
                return text;
            }

            diagnostics.Error(
                location, $"'{path}' is not read: a configuration may hold {MaxFiles} files and {MaxCharacters} characters", path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            diagnostics.Error(location, $"cannot read '{path}': {error.Message}", path);
        }

        return null;
    }

    private string? Resolve(Token reference, IncludeChain includer)
    {
        var path = reference.Text;
        if (path.StartsWith(FileScheme, StringComparison.OrdinalIgnoreCase))
        {
            path = path[FileScheme.Length..];
        }
        else if (path.Contains("://", StringComparison.Ordinal))
        {
            diagnostics.Error(
                reference.Location, $"cannot include '{path}': only files and file:// addresses can be included", path, "a path");
            return null;
        }

        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            diagnostics.Error(reference.Location, "include needs the path of a file or a directory", reference.Text, "a path");
            return null;
        }

        // An absolute path swallows whatever it is combined with.
        string[] candidates =
            [.. files.SearchPath.Prepend(Path.GetDirectoryName(includer.Path) ?? "").Select(d => Path.Combine(d, path)).Distinct(StringComparer.Ordinal)];
        var found = candidates.FirstOrDefault(c => files.Probe(c) != ConfigPathKind.Missing);
        if (found is null)
        {
            diagnostics.Error(
                reference.Location,
                $"cannot include '{reference.Text}': no such file or directory (looked for {string.Join(", ", candidates)})",
                reference.Text,
                "an existing file or directory");
        }

        return found;
    }

    private ImmutableArray<string> Expand(Token reference, string path)
    {
        if (files.Probe(path) == ConfigPathKind.File)
        {
            return [path];
        }

        try
        {
            return [.. files.ListFiles(path)
                .Where(name => !name.StartsWith('.'))
                .Order(StringComparer.Ordinal)
                .Select(name => Path.Combine(path, name))];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            diagnostics.Error(reference.Location, $"cannot read '{path}': {error.Message}", reference.Text);
            return [];
        }
    }

    private IncludedFile? Open(Token reference, string path, IncludeChain includer)
    {
        var chain = new IncludeChain(path, files.GetFullPath(path), includer);
        if (includer.Holds(chain.FullPath))
        {
            diagnostics.Error(reference.Location, $"include loop: {chain.Describe()}", reference.Text);
            return null;
        }

        if (chain.Depth > MaxDepth)
        {
            diagnostics.Error(reference.Location, $"includes are nested deeper than {MaxDepth}: {chain.Describe()}", reference.Text);
            return null;
        }

        return Read(reference.Location, path) is { } text ? new IncludedFile(chain, text) : null;
    }
}
