using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// Reads the grammar of ecelerity.conf, by recursive descent with at most three tokens of look-ahead:
/// <code>
/// file    = { item } ;
/// item    = include | scope | assign ;
/// include = ( "include" | "readonly_include" ) , text ;
/// scope   = name , [ text ] , [ "=" ] , "{" , { item } , "}" ;
/// assign  = name , "=" , text | name , [ "=" ] , ( array | dict ) ;
/// array   = "(" , { [ "," ] , text } , [ "," ] , ")" ;
/// dict    = "[" , { text , "=" , text , [ "," ] } , "]" ;
/// </code>
/// After a mistake it goes on at the next line, brace or closing bracket, so that one run reports every mistake.
/// </summary>
internal sealed partial class ConfigParser
{
    /// <summary>How deep scopes may nest; it bounds the recursion here and in everything that walks the tree.</summary>
    public const int MaxDepth = 64;

    private readonly ConfigLexer _lexer;
    private readonly IncludeChain _chain;
    private readonly IncludeLoader _loader;
    private readonly ConfigStrictness _strictness;
    private readonly DiagnosticBag _diagnostics;
    private readonly List<Token> _ahead = [];
    private bool _skippedTooDeep;

    private ConfigParser(string text, IncludeChain chain, IncludeLoader loader, ConfigStrictness strictness, DiagnosticBag diagnostics)
    {
        _lexer = new ConfigLexer(text, chain.Path, strictness, diagnostics);
        _strictness = strictness;
        _chain = chain;
        _loader = loader;
        _diagnostics = diagnostics;
        diagnostics.Enter(chain.Path);
    }

    /// <summary>Reads a text and all it includes; the tree holds whatever was free of mistakes.</summary>
    public static ConfigDocument Parse(string text, string file, IConfigFiles files, ConfigStrictness strictness, DiagnosticBag diagnostics) =>
        Parse(text, new IncludeChain(file, files.GetFullPath(file), Parent: null), new IncludeLoader(files, diagnostics), strictness, diagnostics);

    /// <summary>Reads a file and all it includes, or <see langword="null"/> if the file itself cannot be read.</summary>
    public static ConfigDocument? Load(string path, IConfigFiles files, ConfigStrictness strictness, DiagnosticBag diagnostics)
    {
        var start = new SourceLocation(path, 1, 1);
        if (files.Probe(path) != ConfigPathKind.File)
        {
            diagnostics.Error(start, "cannot read the configuration: no such file", path, "an existing file");
            return null;
        }

        var loader = new IncludeLoader(files, diagnostics);
        return loader.Read(start, path) is { } text
            ? Parse(text, new IncludeChain(path, files.GetFullPath(path), Parent: null), loader, strictness, diagnostics)
            : null;
    }

    private static ConfigDocument Parse(
        string text, IncludeChain main, IncludeLoader loader, ConfigStrictness strictness, DiagnosticBag diagnostics)
    {
        var children = new List<ConfigNode>();
        new ConfigParser(text, main, loader, strictness, diagnostics).ParseFile(children, depth: 0);
        return new ConfigDocument(main.Path, [.. children]) { Files = [new ConfigFile(main.Path, IsReadOnly: false), .. loader.Included] };
    }

    private void ParseFile(List<ConfigNode> into, int depth)
    {
        while (true)
        {
            ParseItems(into, depth);
            if (Peek().Kind == TokenKind.End)
            {
                return;
            }

            Unexpected(Take(), "an option, a scope or the end of the file", "no scope is open in this file");
        }
    }

    private void ParseItems(List<ConfigNode> into, int depth)
    {
        while (Peek().Kind is not (TokenKind.End or TokenKind.CloseBrace))
        {
            ParseItem(into, depth);
        }
    }

    private void ParseItem(List<ConfigNode> into, int depth)
    {
        var name = Peek();
        if (name.Kind is not (TokenKind.Word or TokenKind.String))
        {
            ReportNoName(name, depth);
            return;
        }

        Take();
        var next = Peek();
        switch (next.Kind)
        {
            case TokenKind.OpenBrace:
                into.Add(ParseScope(name, instance: null, depth));
                return;
            case TokenKind.Equals:
                ParseAfterEquals(name, into, depth);
                return;
            case TokenKind.OpenParen or TokenKind.OpenBracket:
                AddOption(name, ParseBrackets(), into);
                return;
        }

        if (next.IsText && Peek(1).Kind == TokenKind.OpenBrace)
        {
            into.Add(ParseScope(name, Take(), depth));
        }
        else if (next.IsText && Peek(1).Kind == TokenKind.Equals && Peek(2).Kind == TokenKind.OpenBrace)
        {
            Take();
            WarnEquals(Take());
            into.Add(ParseScope(name, next, depth));
        }
        else if (next.IsText && IsInclude(name) && Peek(1).Kind != TokenKind.Equals)
        {
            ParseInclude(Take(), IsReadOnlyInclude(name), into, depth);
        }
        else
        {
            ReportNoStatement(name, next);
            Recover(depth);
        }
    }

    private void ParseAfterEquals(Token name, List<ConfigNode> into, int depth)
    {
        var equals = Take();
        var value = Peek();
        switch (value.Kind)
        {
            case TokenKind.OpenBrace:
                WarnEquals(equals);
                into.Add(ParseScope(name, instance: null, depth));
                return;
            case TokenKind.OpenParen or TokenKind.OpenBracket:
                AddOption(name, ParseBrackets(), into);
                return;
        }

        if (IsOldSyntax(value))
        {
            ReportOldSyntax(Take());
            Recover(depth);
        }
        else if (value.IsText && !(value.StartsLine && Peek(1).Kind is TokenKind.Equals or TokenKind.OpenBrace))
        {
            AddOption(name, Scalar(Take()), into);
        }
        else
        {
            // A value on the next line is legal; a name with its own '=' or '{' there shows that this one was forgotten.
            var offending = value.StartsLine || value.Kind == TokenKind.End ? equals : value;
            Unexpected(offending, "a value after '='", $"'{Token.Shorten(name.Text)}' has no value");
            Recover(depth);
        }
    }

    private ConfigScope ParseScope(Token name, Token? instance, int depth) =>
        new(name.Text, instance?.Text, name.Location, instance?.Location ?? name.Location, ParseBody(name.Shown, depth));

    private ImmutableArray<ConfigNode> ParseBody(string owner, int depth)
    {
        var open = Take();
        var children = new List<ConfigNode>();
        if (depth >= MaxDepth)
        {
            _diagnostics.Error(open.Location, $"scopes are nested deeper than {MaxDepth}", open.Text);
            SkipBlock();
            return [];
        }

        ParseItems(children, depth + 1);
        if (Peek().Kind == TokenKind.CloseBrace)
        {
            Take();
        }
        else if (!_skippedTooDeep)
        {
            // Reported where it opened: the end of the file tells nobody which brace to look for.
            _diagnostics.Error(
                open.Location, $"the '{{' of {owner} opened on line {open.Location.Line} is never closed; expected '}}'", open.Text, "}");
        }

        return [.. children];
    }

    private ConfigValue? ParseBrackets() => Peek().Kind == TokenKind.OpenParen ? ParseArray(Take()) : ParseDictionary(Take());

    private ConfigArray? ParseArray(Token open)
    {
        var items = new List<ConfigScalar>();
        while (true)
        {
            if (Peek().Kind == TokenKind.Comma && (Peek(1).IsText || Peek(1).Kind == TokenKind.CloseParen))
            {
                Take();
            }

            var token = Peek();
            if (token.Kind == TokenKind.CloseParen)
            {
                Take();
                return new ConfigArray([.. items], open.Location);
            }

            if (!token.IsText || IsOldSyntax(token))
            {
                LeaveBrackets(open, "an item or ')'", ")", TokenKind.CloseParen);
                return null;
            }

            items.Add(Scalar(Take()));
        }
    }

    private ConfigDictionary? ParseDictionary(Token open)
    {
        var entries = new List<KeyValuePair<string, ConfigScalar>>();
        while (true)
        {
            var key = Peek();
            if (key.Kind == TokenKind.CloseBracket)
            {
                Take();
                return new ConfigDictionary([.. entries], open.Location);
            }

            if (!key.IsText)
            {
                LeaveBrackets(open, "a key or ']'", "]", TokenKind.CloseBracket);
                return null;
            }

            Take();
            if (Peek().Kind != TokenKind.Equals)
            {
                LeaveBrackets(open, $"'=' after the key {key.Shown}", "]", TokenKind.CloseBracket);
                return null;
            }

            Take();
            if (!Peek().IsText)
            {
                LeaveBrackets(open, $"a value for the key {key.Shown}", "]", TokenKind.CloseBracket);
                return null;
            }

            entries.Add(new(key.Text, Scalar(Take())));
            if (Peek().Kind == TokenKind.Comma)
            {
                Take();
            }
        }
    }

    private void ParseInclude(Token path, bool isReadOnly, List<ConfigNode> into, int depth)
    {
        foreach (var file in _loader.Load(path, isReadOnly, _chain))
        {
            new ConfigParser(file.Text, file.Chain, _loader, _strictness, _diagnostics).ParseFile(into, depth);
        }
    }

    private bool IsOldSyntax(Token token) =>
        token.Kind == TokenKind.Word && token.Text.StartsWith('<') && Peek(1).Kind == TokenKind.Equals;

    private static bool IsInclude(Token name) =>
        name.Kind == TokenKind.Word
        && (name.Text.Equals("include", StringComparison.OrdinalIgnoreCase) || IsReadOnlyInclude(name));

    private static bool IsReadOnlyInclude(Token name) => name.Text.Equals("readonly_include", StringComparison.OrdinalIgnoreCase);

    private static ConfigScalar Scalar(Token token) => new(token.Text, token.Kind == TokenKind.String, token.Location);

    private static void AddOption(Token name, ConfigValue? value, List<ConfigNode> into)
    {
        if (value is not null)
        {
            into.Add(new ConfigOption(name.Text, value, name.Location));
        }
    }

    private Token Peek(int distance = 0)
    {
        while (_ahead.Count <= distance)
        {
            _ahead.Add(_lexer.Next());
        }

        return _ahead[distance];
    }

    private Token Take()
    {
        var token = Peek();
        _ahead.RemoveAt(0);
        return token;
    }
}
