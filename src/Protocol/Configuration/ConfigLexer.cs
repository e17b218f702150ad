using System.Text;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// Cuts the text of one file into tokens. It never fails: what it cannot read it reports and steps over, so that the
/// parser can go on and find the other mistakes too.
/// </summary>
internal sealed class ConfigLexer(string text, string file, ConfigStrictness strictness, DiagnosticBag diagnostics)
{
    private int _position;
    private int _line = 1;
    private int _lineStart;
    private int _lastTokenLine;
    private TokenKind _previous = TokenKind.End;

    private bool AtEnd => _position >= text.Length;

    private char Current => text[_position];

    private SourceLocation Here => new(file, _line, _position - _lineStart + 1);

    public Token Next()
    {
        SkipBlanks();
        var token = Read(Here);
        token = token with { StartsLine = token.Location.Line != _lastTokenLine };
        _lastTokenLine = _line;
        _previous = token.Kind;
        return token;
    }

    private Token Read(SourceLocation start)
    {
        // A full bag ends the input: errors are what bounds the work that is done twice after an unterminated string.
        if (AtEnd || diagnostics.IsFull)
        {
            return new Token(TokenKind.End, "", start, StartsLine: false);
        }

        var kind = Current switch
        {
            '{' => TokenKind.OpenBrace,
            '}' => TokenKind.CloseBrace,
            '(' => TokenKind.OpenParen,
            ')' => TokenKind.CloseParen,
            '[' => TokenKind.OpenBracket,
            ']' => TokenKind.CloseBracket,
            '=' => TokenKind.Equals,
            ',' => TokenKind.Comma,
            _ => TokenKind.Word,
        };
        if (kind != TokenKind.Word)
        {
            return new Token(kind, text[_position++].ToString(), start, StartsLine: false);
        }

        if (ConfigCharacters.IsQuote(Current))
        {
            return ReadString(start);
        }

        if (Current == '\'')
        {
            return ReadSingleQuoted(start);
        }

        return Current == '/' && _previous == TokenKind.Word && RegexLength() is var length and > 0
            ? Take(TokenKind.Regex, length, start)
            : ReadWord(start);
    }

    private Token ReadWord(SourceLocation start)
    {
        var end = _position;
        while (end < text.Length && ConfigCharacters.IsWord(text[end]) && !StartsComment(end))
        {
            end++;
        }

        var token = Take(TokenKind.Word, end - _position, start);
        if (token.Text.Contains('/', StringComparison.Ordinal))
        {
            diagnostics.Info(start, $"{token.Shown} holds a '/': better put it in double quotes", token.Text);
        }

        return token;
    }

    // A bare regular expression may hold characters that end a word, such as parentheses; it stands only where an
    // instance name does, and is told from a path by the slash at its end.
    private int RegexLength()
    {
        var end = _position;
        while (end < text.Length && text[end] != '{' && !ConfigCharacters.IsWhite(text[end]) && !ConfigCharacters.IsQuote(text[end]))
        {
            end++;
        }

        var length = end - _position;
        return length > 2 && text[end - 1] == '/' ? length : 0;
    }

    private Token ReadString(SourceLocation start)
    {
        var (position, line, lineStart) = (_position, _line, _lineStart);
        var typographic = ConfigCharacters.IsTypographicQuote(Current);
        var content = new StringBuilder();
        var closed = false;
        _position++;
        while (!AtEnd && !closed)
        {
            var c = Advance();
            if (ConfigCharacters.IsQuote(c))
            {
                typographic |= ConfigCharacters.IsTypographicQuote(c);
                closed = true;
            }
            else if (c == '\\' && !AtEnd)
            {
                AppendEscape(content, Advance());
            }
            else
            {
                content.Append(c);
            }
        }

        var runsOn = closed && _line != line && !AtEnd && (ConfigCharacters.IsWord(Current) || ConfigCharacters.IsQuote(Current));
        if (!closed || runsOn)
        {
            (_position, _line, _lineStart) = (position, line, lineStart);
            return ReadUnterminated(start);
        }

        if (typographic)
        {
            diagnostics.Warning(
                start, $"typographic quotes around '{Token.Shorten(content.ToString())}' are read as \"", content.ToString());
        }

        return new Token(TokenKind.String, content.ToString(), start, StartsLine: false);
    }

    // A string may span lines, so one forgotten quote turns the rest of the file inside out. A string that never closes,
    // or that closes lines later right against a word, is taken to end with its first line: the lines after it are then
    // read as what they are, and the place that is reported is the place to mend. Braces at the end of the line are left
    // out of the string, since they were hardly meant to be in it and their partners would be missed.
    private Token ReadUnterminated(SourceLocation start)
    {
        var rest = text.AsSpan(_position);
        var line = rest.IndexOfAny('\r', '\n') is var end and >= 0 ? rest[..end] : rest;
        var token = Take(TokenKind.String, Math.Max(1, line.TrimEnd(" \t{}").Length), start);
        diagnostics.Error(
            start, $"unterminated string: the quote opened on line {start.Line} is never closed", Token.Shorten(token.Text), "\"");
        if (token.Text.Length > 1 || start.Column == 1 || !ConfigCharacters.IsWord(text[_position - 2]))
        {
            return token with { Text = token.Text[1..] };
        }

        // A quote right behind a word closes nothing and opens nothing: the word stands as it is.
        SkipBlanks();
        return Read(Here);
    }

    private Token ReadSingleQuoted(SourceLocation start)
    {
        var token = Take(TokenKind.String, SingleQuotedLength(), start);
        token = token with { Text = token.Text[1..^1] };
        if (strictness == ConfigStrictness.Lenient)
        {
            diagnostics.Warning(start, $"single quotes around '{Token.Shorten(token.Text)}' are read as \"", token.Text);
        }
        else
        {
            ReportSingleQuote(start);
        }

        return token;
    }

    private void ReportSingleQuote(SourceLocation location) =>
        diagnostics.Error(location, "single quotes do not quote a value; use double quotes", "'", "\"");

    // Zero if no second quote stands on the line.
    private int SingleQuotedLength()
    {
        var rest = text.AsSpan(_position + 1);
        var line = rest.IndexOfAny('\r', '\n') is var end and >= 0 ? rest[..end] : rest;
        return line.IndexOf('\'') is var close and >= 0 ? close + 2 : 0;
    }

    private static void AppendEscape(StringBuilder content, char escaped)
    {
        if (escaped != '\\' && !ConfigCharacters.IsQuote(escaped))
        {
            content.Append('\\');
        }

        content.Append(escaped);
    }

    private void SkipBlanks()
    {
        while (!AtEnd)
        {
            if (ConfigCharacters.IsWhite(Current))
            {
                Advance();
            }
            else if (Current == '#')
            {
                var end = text.AsSpan(_position).IndexOfAny('\r', '\n');
                _position = end < 0 ? text.Length : _position + end;
            }
            else if (StartsComment(_position))
            {
                SkipComment();
            }
            else if (char.IsControl(Current))
            {
                diagnostics.Error(Here, $"unexpected control character U+{(int)Current:X4}", $"U+{(int)Current:X4}");
                Advance();
            }
            else if (Current == '\'' && SingleQuotedLength() == 0)
            {
                ReportSingleQuote(Here);
                Advance();
            }
            else
            {
                return;
            }
        }
    }

    private void SkipComment()
    {
        var start = Here;
        var close = text.IndexOf("*/", _position + 2, StringComparison.Ordinal);
        if (close < 0)
        {
            diagnostics.Error(start, $"unterminated comment: the '/*' opened on line {start.Line} is never closed", "/*", "*/");
        }

        var end = close < 0 ? text.Length : close + 2;
        while (_position < end)
        {
            Advance();
        }
    }

    private bool StartsComment(int position) =>
        text[position] == '/' && position + 1 < text.Length && text[position + 1] == '*';

    private Token Take(TokenKind kind, int length, SourceLocation start)
    {
        var token = new Token(kind, text.Substring(_position, length), start, StartsLine: false);
        _position += length;
        return token;
    }

    private char Advance()
    {
        var c = text[_position++];
        if (c == '\n' || (c == '\r' && (AtEnd || Current != '\n')))
        {
            _line++;
            _lineStart = _position;
        }

        return c;
    }
}
