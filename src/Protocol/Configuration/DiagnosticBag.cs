using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// Collects the diagnostics of one load. It is bounded, so that a file of garbage costs no more than a person would read,
/// and the bound also ends the parsing: every piece of work that could repeat without progress reports an error.
/// </summary>
internal sealed class DiagnosticBag
{
    /// <summary>After this many errors the rest of the input is not looked at.</summary>
    public const int MaxErrors = 100;

    private const int MaxNotes = 100;

    private readonly List<ConfigDiagnostic> _diagnostics = [];
    private readonly Dictionary<string, int> _fileOrder = new(StringComparer.Ordinal);
    private int _notes;

    public int ErrorCount { get; private set; }

    public bool IsFull => ErrorCount >= MaxErrors;

    public void Error(SourceLocation location, string message, string token = "", string expected = "")
    {
        if (IsFull)
        {
            return;
        }

        Add(new ConfigDiagnostic(location, ConfigSeverity.Error, message, token, expected));
        ErrorCount++;
        if (IsFull)
        {
            Add(new ConfigDiagnostic(
                location, ConfigSeverity.Error, $"stopped after {MaxErrors} errors; what follows was not checked"));
        }
    }

    public void Warning(SourceLocation location, string message, string token = "") =>
        Note(new ConfigDiagnostic(location, ConfigSeverity.Warning, message, token));

    public void Info(SourceLocation location, string message, string token = "") =>
        Note(new ConfigDiagnostic(location, ConfigSeverity.Info, message, token));

    /// <summary>Everything said, file by file in the order the files were first mentioned, each from top to bottom.</summary>
    public ImmutableArray<ConfigDiagnostic> ToImmutable() =>
        [.. _diagnostics
            .OrderBy(d => _fileOrder[d.Location.File])
            .ThenBy(d => d.Location.Line)
            .ThenBy(d => d.Location.Column)];

    /// <summary>Gives <paramref name="file"/> its place in the order of the report.</summary>
    public void Enter(string file) => _fileOrder.TryAdd(file, _fileOrder.Count);

    private void Note(ConfigDiagnostic diagnostic)
    {
        _notes++;
        if (_notes <= MaxNotes)
        {
            Add(diagnostic);
        }
        else if (_notes == MaxNotes + 1)
        {
            Add(diagnostic with { Message = $"more than {MaxNotes} warnings and remarks; the others are not shown" });
        }
    }

    private void Add(ConfigDiagnostic diagnostic)
    {
        Enter(diagnostic.Location.File);
        _diagnostics.Add(diagnostic);
    }
}
