namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>The classes of characters that the lexer and the printer must agree on.</summary>
internal static class ConfigCharacters
{
    public const char LeftQuote = '\u201C';
    public const char RightQuote = '\u201D';

    private const char NoBreakSpace = '\u00A0';
    private const char ByteOrderMark = '\uFEFF';

    public static bool IsWhite(char c) => c is ' ' or '\t' or '\r' or '\n' or '\f' or '\v' or NoBreakSpace or ByteOrderMark;

    public static bool IsQuote(char c) => c is '"' or LeftQuote or RightQuote;

    // Word processors and web pages turn straight quotes into these; the intent is never in doubt.
    public static bool IsTypographicQuote(char c) => c is LeftQuote or RightQuote;

    public static bool IsWord(char c) =>
        !IsWhite(c) && !IsQuote(c) && !char.IsControl(c)
        && c is not ('#' or '\'' or '=' or '{' or '}' or '[' or ']' or '(' or ')' or ',');
}
