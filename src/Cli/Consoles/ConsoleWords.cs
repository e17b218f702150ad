using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace EcStreamOrleans.Cli.Consoles;

/// <summary>
/// A line of the console as words. A word in double quotes may hold anything; in it a backslash stands for itself unless a quote or
/// another backslash follows, as in the configuration. A <c>#</c> outside of quotes begins a comment.
/// </summary>
internal static class ConsoleWords
{
    /// <summary>Splits a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="words">Its words, without quotes.</param>
    /// <param name="error">Why it has none.</param>
    public static bool TrySplit(string line, out List<string> words, [NotNullWhen(false)] out string? error)
    {
        var found = Scan(line, out var isOpen);
        words = [.. found.Select(w => w.Text)];
        error = isOpen ? "unterminated string: the last quote is never closed" : null;
        return error is null;
    }

    /// <summary>Splits a line that is being typed.</summary>
    /// <param name="line">The line up to the cursor.</param>
    /// <param name="before">The words before the last one.</param>
    /// <param name="last">The word at the cursor; empty behind a space.</param>
    /// <param name="start">Where it begins, its quote included.</param>
    public static void SplitLast(string line, out List<string> before, out string last, out int start)
    {
        var found = Scan(line, out _);
        var isInWord = found.Count > 0 && found[^1].End == line.Length;
        (last, start) = isInWord ? (found[^1].Text, found[^1].Start) : ("", line.Length);
        before = [.. found.Take(found.Count - (isInWord ? 1 : 0)).Select(w => w.Text)];
    }

    private static List<(string Text, int Start, int End)> Scan(string line, out bool isOpen)
    {
        var words = new List<(string, int, int)>();
        StringBuilder? word = null;
        var (start, isQuoted) = (0, false);
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (!isQuoted && (char.IsWhiteSpace(c) || c == '#'))
            {
                Take(i);
                if (c == '#')
                {
                    break;
                }

                continue;
            }

            start = word is null ? i : start;
            word ??= new StringBuilder();
            if (isQuoted && c == '\\' && i + 1 < line.Length && line[i + 1] is '\\' or '"')
            {
                word.Append(line[++i]);
            }
            else if (c == '"')
            {
                isQuoted = !isQuoted;
            }
            else
            {
                word.Append(c);
            }
        }

        Take(line.Length);
        isOpen = isQuoted;
        return words;

        void Take(int end)
        {
            if (word is not null)
            {
                words.Add((word.ToString(), start, end));
                word = null;
            }
        }
    }

    /// <summary>A word as it has to be written to be read as one.</summary>
    public static string Quote(string word) =>
        word.Length > 0 && !word.Any(c => char.IsWhiteSpace(c) || c is '#' or '"')
            ? word
            : $"\"{word.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    /// <summary>A line of words that reads back as the same words.</summary>
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));
}
