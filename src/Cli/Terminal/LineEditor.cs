namespace EcStreamOrleans.Cli.Terminal;

/// <summary>What a key did to a line.</summary>
internal enum LineAction
{
    /// <summary>It may look otherwise now.</summary>
    Edited,

    /// <summary>It is finished.</summary>
    Submitted,

    /// <summary>It was dropped.</summary>
    Dropped,

    /// <summary>There will be no more lines.</summary>
    Ended,

    /// <summary>Somebody who knows what may come next is asked.</summary>
    Completing,
}

/// <summary>One line while it is typed: keys in, text and cursor out. It knows no terminal.</summary>
/// <param name="history">The lines before, the newest last.</param>
internal sealed class LineEditor(IReadOnlyList<string> history)
{
    public const int MostCharacters = 4_096;

    private int _place = history.Count;
    private string _typed = "";

    public string Text { get; private set; } = "";

    public int Cursor { get; private set; }

    /// <summary>Takes a key.</summary>
    public LineAction Feed(ConsoleKeyInfo key)
    {
        var isControl = key.Modifiers.HasFlag(ConsoleModifiers.Control);
        switch (key.Key)
        {
            case ConsoleKey.Enter:
                return LineAction.Submitted;
            case ConsoleKey.Tab:
                return LineAction.Completing;
            case ConsoleKey.C when isControl:
                return LineAction.Dropped;
            case ConsoleKey.D when isControl && Text.Length == 0:
                return LineAction.Ended;
            case ConsoleKey.D when isControl:
            case ConsoleKey.Delete:
                Remove(Cursor, Math.Min(1, Text.Length - Cursor));
                break;
            case ConsoleKey.Backspace:
                Remove(Cursor - Math.Min(1, Cursor), Math.Min(1, Cursor));
                break;
            case ConsoleKey.W when isControl:
                var word = Text[..Cursor].TrimEnd(' ').LastIndexOf(' ') + 1;
                Remove(word, Cursor - word);
                break;
            case ConsoleKey.U when isControl:
                Remove(0, Cursor);
                break;
            case ConsoleKey.K when isControl:
                Remove(Cursor, Text.Length - Cursor);
                break;
            case ConsoleKey.A when isControl:
            case ConsoleKey.Home:
                Cursor = 0;
                break;
            case ConsoleKey.E when isControl:
            case ConsoleKey.End:
                Cursor = Text.Length;
                break;
            case ConsoleKey.B when isControl:
            case ConsoleKey.LeftArrow:
                Cursor = Math.Max(0, Cursor - 1);
                break;
            case ConsoleKey.F when isControl:
            case ConsoleKey.RightArrow:
                Cursor = Math.Min(Text.Length, Cursor + 1);
                break;
            case ConsoleKey.P when isControl:
            case ConsoleKey.UpArrow:
                Recall(_place - 1);
                break;
            case ConsoleKey.N when isControl:
            case ConsoleKey.DownArrow:
                Recall(_place + 1);
                break;
            default:
                if (!char.IsControl(key.KeyChar))
                {
                    Insert(key.KeyChar.ToString());
                }

                break;
        }

        return LineAction.Edited;
    }

    /// <summary>Puts another text in the place of what stands between a column and the cursor.</summary>
    public void Replace(int start, string text)
    {
        Remove(start, Cursor - start);
        Insert(text);
    }

    /// <summary>The part of the line that fits into a number of columns, the cursor in it, and the cursor's column.</summary>
    public (string Visible, int Column) Window(int columns)
    {
        var room = Math.Max(1, columns);
        var start = Math.Max(0, Cursor - room + 1);
        return (Text.Substring(start, Math.Min(room, Text.Length - start)), Cursor - start);
    }

    private void Insert(string text)
    {
        if (Text.Length + text.Length <= MostCharacters)
        {
            Text = Text.Insert(Cursor, text);
            Cursor += text.Length;
        }
    }

    private void Remove(int start, int count)
    {
        Text = Text.Remove(start, count);
        Cursor = start;
    }

    // Below the newest line is the one that was being typed.
    private void Recall(int place)
    {
        if (place < 0 || place > history.Count)
        {
            return;
        }

        _typed = _place == history.Count ? Text : _typed;
        _place = place;
        Text = place == history.Count ? _typed : history[place];
        Cursor = Text.Length;
    }
}
