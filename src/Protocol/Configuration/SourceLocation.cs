namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Where in the configuration something was written.</summary>
/// <param name="File">The file, by the path it was reached by.</param>
/// <param name="Line">The line, counted from 1.</param>
/// <param name="Column">The column, counted from 1 in UTF-16 characters; a tab is one column.</param>
public readonly record struct SourceLocation(string File, int Line, int Column)
{
    /// <summary>The location as compilers write it: <c>FILE:LINE:COLUMN</c>.</summary>
    public override string ToString() => $"{File}:{Line}:{Column}";
}
