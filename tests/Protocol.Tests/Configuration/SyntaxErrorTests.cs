using System.Text;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

public sealed class SyntaxErrorTests
{
    [Theory]
    [InlineData("a { sanitize = \"x\" ]\n b = 1 }", "f:1:20: error: unexpected ']'; expected the name of an option or a scope")]
    [InlineData("a { Idle_Timeout = 30\" }\n", "f:1:22: error: unterminated string: the quote opened on line 1 is never closed")]
    [InlineData("event_loop \"x\" {\n  concurrency = 1\n", "f:1:16: error: the '{' of 'event_loop' opened on line 1 is never closed; expected '}'")]
    [InlineData("log = <on|off: default on>\n", "f:1:24: error: unexpected 'on>'; expected '=' after 'default' (a scope would need a '{' after its instance)")]
    [InlineData("ECStream_Listener = ( *:1825,5 <proto=ipv4> )\na = 1", "f:1:32: error: '<proto' is the syntax of Momentum 2; convert the file with ec_migrate_conf, or write ECStream_Listener { Listen \"ADDRESS:PORT\" { } }")]
    [InlineData("x = <proto=ipv4>", "f:1:5: error: '<proto' is the syntax of Momentum 2; convert the file with ec_migrate_conf, or write ECStream_Listener { Listen \"ADDRESS:PORT\" { } }")]
    [InlineData("invalid_option\nb = 1", "f:1:1: error: unexpected 'invalid_option'; expected '=' and a value, or '{', after it")]
    [InlineData("include\nb = 1", "f:1:1: error: unexpected 'include'; expected the path of a file or a directory after it")]
    [InlineData("ECStream_Idle_Time 300\nb = 1", "f:1:20: error: unexpected '300'; expected '=' after 'ECStream_Idle_Time' (a scope would need a '{' after its instance)")]
    [InlineData("a )", "f:1:3: error: unexpected ')'; expected '=' or '{' after 'a'")]
    [InlineData("a =\nb = 1", "f:1:3: error: unexpected '='; expected a value after '=' ('a' has no value)")]
    [InlineData("a = ]\nb = 1", "f:1:5: error: unexpected ']'; expected a value after '=' ('a' has no value)")]
    [InlineData("a = 1 ;\nb = 1", "f:1:7: error: unexpected ';'; expected no ';': statements end by themselves")]
    [InlineData("a = 1\n}\nb = 1", "f:2:1: error: unexpected '}'; expected an option, a scope or the end of the file (no scope is open in this file)")]
    [InlineData("{ a = 1 }\nb = 1", "f:1:1: error: unexpected '{'; expected the name of an option or a scope")]
    [InlineData("a = ( x y\nb = 3", "f:2:3: error: unexpected '='; expected an item or ')' (the '(' was opened on line 1)")]
    [InlineData("a = ( x,, y )\nb = 3", "f:1:8: error: unexpected ','; expected an item or ')' (the '(' was opened on line 1)")]
    [InlineData("a = ( x", "f:1:5: error: the '(' opened on line 1 is never closed; expected ')'")]
    [InlineData("a = [ k = ( x ) ]\nb = 1", "f:1:11: error: unexpected '('; expected a value for the key 'k' (the '[' was opened on line 1)")]
    [InlineData("a [ k v ]\nb = 1", "f:1:7: error: unexpected 'v'; expected '=' after the key 'k' (the '[' was opened on line 1)")]
    [InlineData("a = [ = ]", "f:1:7: error: unexpected '='; expected a key or ']' (the '[' was opened on line 1)")]
    [InlineData("a = [ k = v", "f:1:5: error: the '[' opened on line 1 is never closed; expected ']'")]
    [InlineData("a = 'b'\nc = 1", "f:1:5: error: single quotes do not quote a value; use double quotes")]
    [InlineData("a = b'\nc = 1", "f:1:6: error: single quotes do not quote a value; use double quotes")]
    [InlineData("a = 1\n  /* b\nc", "f:2:3: error: unterminated comment: the '/*' opened on line 2 is never closed")]
    [InlineData("a = \u0001b", "f:1:5: error: unexpected control character U+0001")]
    [InlineData("/* a /* b */ */\nc = 1", "f:1:14: error: unexpected '*/'; expected '=' and a value, or '{', after it")]
    public void Parse_Mistake_IsReportedOnceWhereItIs(string text, string expected)
    {
        var diagnostics = Trees.Parse(text).Diagnostics.Where(d => d.Severity == ConfigSeverity.Error);

        Assert.Equal(expected, string.Join('\n', diagnostics));
    }

    [Theory]
    [InlineData("a = 'b c\"d'\ne = 'f'", "a=b c\"d;e=f;", "f:1:5: warning: single quotes around 'b c\"d' are read as \"\nf:2:5: warning: single quotes around 'f' are read as \"")]
    [InlineData("a '' { } b = ( 'x' ) c = [ 'k' = 'v' ]", "<a|></>b=(x);c=[k:v];", "f:1:3: warning: single quotes around '' are read as \"\nf:1:16: warning: single quotes around 'x' are read as \"\nf:1:28: warning: single quotes around 'k' are read as \"\nf:1:34: warning: single quotes around 'v' are read as \"")]
    [InlineData("a = it's\nb = 1", "a=it;", "f:1:7: error: single quotes do not quote a value; use double quotes\nf:1:8: error: unexpected 's'; expected '=' and a value, or '{', after it")]
    public void Parse_SingleQuotesInLenientMode_QuoteWithAWarning(string text, string shape, string said)
    {
        var (document, diagnostics) = Trees.Parse(text, new MemoryConfigFiles(), ConfigStrictness.Lenient);

        Assert.StartsWith(shape, Trees.Shape(document), StringComparison.Ordinal);
        Assert.Equal(said, string.Join('\n', diagnostics));
    }

    [Fact]
    public void Parse_QuoteForgottenInTheMiddle_NamesTheLineThatLacksIt()
    {
        var (document, diagnostics) = Trees.Parse("a = \"x\nb = \"y\"\nc = \"z\"\n");

        Assert.Equal("f:1:5: error: unterminated string: the quote opened on line 1 is never closed", string.Join('\n', diagnostics));
        Assert.Equal("a=x;b=y;c=z;", Trees.Shape(document));
    }

    [Fact]
    public void Parse_QuoteForgottenBeforeBrace_KeepsTheBrace()
    {
        var (document, diagnostics) = Trees.Parse("a \"x {\n  b = 1\n}\nc = 2");

        Assert.Equal("f:1:3: error: unterminated string: the quote opened on line 1 is never closed", string.Join('\n', diagnostics));
        Assert.Equal("<a|x>b=1;</>c=2;", Trees.Shape(document));
    }

    [Fact]
    public void Parse_TenMistakes_ReportsTen()
    {
        const string text = """
            a = ]
            ECStream_Listener {
              Listen ":1825" {
                b 3
                c = ( x = y )
                d = 'e'
                f
              }
              g = [ h i ]
              ; 
              j = <proto=ipv4>
            }
            }
            k { l = "m }
            n = 1
            """;

        var (document, diagnostics) = Trees.Parse(text);

        Assert.Equal(
            [(1, 5), (4, 7), (5, 13), (6, 9), (7, 5), (9, 11), (10, 3), (11, 7), (13, 1), (14, 9)],
            diagnostics.Where(d => d.Severity == ConfigSeverity.Error).Select(d => (d.Location.Line, d.Location.Column)));
        Assert.EndsWith("n=1;", Trees.Shape(document), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_DiagnosticFields_CarryTokenAndExpectation()
    {
        var diagnostic = Assert.Single(Trees.Parse("a )").Diagnostics);

        Assert.Equal((")", "'=' or '{' after 'a'", ConfigSeverity.Error), (diagnostic.Token, diagnostic.Expected, diagnostic.Severity));
    }

    [Fact]
    public void Parse_CrLfBomAndNoBreakSpaces_AreBlank()
    {
        var (document, diagnostics) = Trees.Parse("\uFEFFa\u00A0= 1\r\n# x\r\nb {\r\n}\r\n )");

        Assert.Equal("a=1;<b|-></>", Trees.Shape(document));
        Assert.Equal(new SourceLocation("f", 5, 2), Assert.Single(diagnostics).Location);
    }

    [Fact]
    public void Parse_LoneCarriageReturns_CountAsLines() =>
        Assert.Equal(3, Assert.Single(Trees.Parse("a = 1\r# x\r)").Diagnostics).Location.Line);

    [Theory]
    [InlineData("a{")]
    [InlineData("{")]
    [InlineData("a \"b\" = {")]
    [InlineData("a = ] {")]
    public void Parse_HundredThousandOpenBraces_AreOneErrorOfNesting(string unit)
    {
        var text = new StringBuilder().Insert(0, unit, 100_000).ToString();

        var errors = Trees.Parse(text).Diagnostics.Where(d => d.Message.Contains("nested deeper", StringComparison.Ordinal));

        Assert.Single(errors);
    }

    [Theory]
    [InlineData("}")]
    [InlineData("\"\\\"\n")]
    [InlineData("\\\"\n")]
    [InlineData("'\n")]
    [InlineData("a = (\n")]
    [InlineData("\u0001")]
    [InlineData("/*")]
    public void Parse_GarbageWithoutEnd_StopsAfterTheLimit(string unit)
    {
        var text = new StringBuilder().Insert(0, unit, 200_000).ToString();

        Assert.InRange(Trees.Parse(text).Diagnostics.Length, 1, 2 * (DiagnosticBag.MaxErrors + 1));
    }

    [Fact]
    public void Parse_MoreErrorsThanTheLimit_SaysThatItStopped()
    {
        var diagnostics = Trees.Parse(new string('}', 500)).Diagnostics;

        Assert.Equal(DiagnosticBag.MaxErrors + 1, diagnostics.Length);
        Assert.Equal("stopped after 100 errors; what follows was not checked", diagnostics[^1].Message);
    }

    [Fact]
    public void Parse_NestingAtTheLimit_IsLegal()
    {
        var text = string.Concat(Enumerable.Repeat("a {", ConfigParser.MaxDepth)) + new string('}', ConfigParser.MaxDepth);

        Assert.Empty(Trees.Parse(text).Diagnostics);
    }
}
