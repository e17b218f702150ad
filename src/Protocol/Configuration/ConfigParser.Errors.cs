namespace EcStreamOrleans.Protocol.Configuration;

// What the parser says about a mistake, and where it goes on after it.
internal sealed partial class ConfigParser
{
    // Skips what is left of a broken statement. A block that belongs to it is read for the mistakes in it and dropped.
    private void Recover(int depth)
    {
        while (true)
        {
            var token = Peek();
            if (token.Kind == TokenKind.OpenBrace)
            {
                ParseBody("the statement before it", depth);
                return;
            }

            if (token.StartsLine || token.Kind is TokenKind.End or TokenKind.CloseBrace)
            {
                return;
            }

            Take();
        }
    }

    // No recursion: this is what stands between a file of a hundred thousand braces and the stack.
    private void SkipBlock()
    {
        for (var open = 1; open > 0 && Peek().Kind != TokenKind.End;)
        {
            open += Take().Kind switch
            {
                TokenKind.OpenBrace => 1,
                TokenKind.CloseBrace => -1,
                _ => 0,
            };
        }

        _skippedTooDeep = true;
    }

    private void LeaveBrackets(Token open, string expected, string close, TokenKind closeKind)
    {
        var token = Peek();
        if (IsOldSyntax(token))
        {
            ReportOldSyntax(token);
        }
        else if (token.Kind == TokenKind.End)
        {
            _diagnostics.Error(
                open.Location, $"the '{open.Text}' opened on line {open.Location.Line} is never closed; expected '{close}'", open.Text, close);
        }
        else
        {
            Unexpected(token, expected, $"the '{open.Text}' was opened on line {open.Location.Line}");
        }

        // To the closing bracket if it stands on this line, else on with the next line.
        for (var first = true; ; first = false)
        {
            token = Peek();
            var isNextStatement = token.StartsLine && !first && token.Kind != closeKind;
            if (isNextStatement || token.Kind is TokenKind.End or TokenKind.OpenBrace or TokenKind.CloseBrace)
            {
                return;
            }

            if (Take().Kind == closeKind)
            {
                return;
            }
        }
    }

    private void ReportNoName(Token token, int depth)
    {
        Unexpected(token, "the name of an option or a scope");
        if (token.Kind != TokenKind.OpenBrace)
        {
            Take();
        }

        Recover(depth);
    }

    private void ReportNoStatement(Token name, Token next)
    {
        if (name is { Kind: TokenKind.Word, Text: ";" })
        {
            Unexpected(name, "no ';': statements end by themselves");
        }
        else if (IsInclude(name))
        {
            Unexpected(name, "the path of a file or a directory after it");
        }
        else if (next.StartsLine || next.Kind == TokenKind.End)
        {
            Unexpected(name, "'=' and a value, or '{', after it");
        }
        else if (next.IsText)
        {
            Unexpected(next, $"'=' after {name.Shown}", "a scope would need a '{' after its instance");
        }
        else
        {
            Unexpected(next, $"'=' or '{{' after {name.Shown}");
        }
    }

    private void ReportOldSyntax(Token token) => _diagnostics.Error(
        token.Location,
        $"{token.Shown} is the syntax of Momentum 2; convert the file with ec_migrate_conf, or write ECStream_Listener {{ Listen \"ADDRESS:PORT\" {{ }} }}",
        token.Text,
        "the syntax of Momentum 3 or later");

    private void WarnEquals(Token equals) => _diagnostics.Warning(equals.Location, "the '=' before '{' is not needed", equals.Text);

    private void Unexpected(Token token, string expected, string? hint = null) => _diagnostics.Error(
        token.Location,
        $"unexpected {token.Shown}; expected {expected}{(hint is null ? "" : $" ({hint})")}",
        token.Text,
        expected);
}
