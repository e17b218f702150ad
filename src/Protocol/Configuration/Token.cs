namespace EcStreamOrleans.Protocol.Configuration;

internal enum TokenKind
{
    End,
    Word,
    String,
    Regex,
    OpenBrace,
    CloseBrace,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    Equals,
    Comma,
}

/// <summary>One token; <paramref name="StartsLine"/> is what the parser resynchronises on after a mistake.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, SourceLocation Location, bool StartsLine)
{
    private const int MaxShown = 40;

    public bool IsText => Kind is TokenKind.Word or TokenKind.String or TokenKind.Regex;

    /// <summary>The token as a message names it: quoted, on one line, and no longer than a message can bear.</summary>
    public string Shown => Kind == TokenKind.End ? "the end of the file" : $"'{Shorten(Text)}'";

    public static string Shorten(string text)
    {
        var end = text.AsSpan().IndexOfAny('\r', '\n');
        var line = end < 0 ? text : text[..end];
        return line.Length <= MaxShown && end < 0 ? line : string.Concat(line.AsSpan(0, Math.Min(line.Length, MaxShown)), "…");
    }
}
