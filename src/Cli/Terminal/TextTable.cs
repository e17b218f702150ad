namespace EcStreamOrleans.Cli.Terminal;

/// <summary>Columns of text, each as wide as its widest cell.</summary>
internal static class TextTable
{
    public static void Write(TextWriter output, string[] head, IEnumerable<string[]> rows)
    {
        List<string[]> lines = [head, .. rows.Select(row => row.Select(Printable.Line).ToArray())];
        var widths = Enumerable.Range(0, head.Length).Select(column => lines.Max(line => line[column].Length)).ToArray();
        foreach (var line in lines)
        {
            output.WriteLine(string.Join("  ", line.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }
}
