using System.Text;

namespace EcStreamOrleans.Cli.Terminal;

/// <summary>The lines that were typed, the newest last, in a file that outlives the session.</summary>
/// <param name="file">The file, or null to keep them for this session alone.</param>
internal sealed class LineHistory(string? file)
{
    private const int MostLines = 1_000;

    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Reads the file. A history that cannot be read is none: nobody's work depends on it.</summary>
    public void Load()
    {
        try
        {
            if (file is null || !File.Exists(file))
            {
                return;
            }

            // A line that was longer than a terminal takes is no line of ours.
            var lines = File.ReadLines(file).Where(line => line.Length is > 0 and <= LineEditor.MostCharacters).TakeLast(2 * MostLines).ToList();
            _lines.AddRange(lines.TakeLast(MostLines).Select(Printable.Line));
            if (lines.Count > MostLines)
            {
                Write(FileMode.Create, _lines);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _lines.Clear();
        }
    }

    /// <summary>Keeps a line.</summary>
    public void Add(string line)
    {
        if (line.Length == 0 || (_lines.Count > 0 && _lines[^1] == line))
        {
            return;
        }

        _lines.Add(line);
        if (_lines.Count > MostLines)
        {
            _lines.RemoveAt(0);
        }

        try
        {
            Write(FileMode.Append, [line]);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It is still there with the arrow keys.
        }
    }

    private void Write(FileMode mode, IEnumerable<string> lines)
    {
        if (file is null)
        {
            return;
        }

        using var stream = PrivateFile.Open(file, mode);
        stream.Write(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))));
    }
}
