using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Cli.Consoles;
using EcStreamOrleans.Cli.Terminal;
using Microsoft.Extensions.Time.Testing;

namespace EcStreamOrleans.Cli.Tests;

/// <summary>The console at a terminal: words, keys, history, completion.</summary>
public sealed class ConsolePromptTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("", new string[0])]
    [InlineData("  a\tb ", new[] { "a", "b" })]
    [InlineData("a # b", new[] { "a" })]
    [InlineData("a \"# b\" \"\"", new[] { "a", "# b", "" })]
    [InlineData("\"a \\\" b\\\\\" \\d \"\\d\"", new[] { "a \" b\\", "\\d", "\\d" })]
    public void ALine_IsSplitAsTheConfigurationQuotes(string line, string[] words)
    {
        Assert.True(ConsoleWords.TrySplit(line, out var found, out _));
        Assert.Equal(words, found);
        Assert.True(ConsoleWords.TrySplit(ConsoleWords.Join(words), out var again, out _));
        Assert.Equal(words, again);
    }

    [Fact]
    public void AQuoteThatIsNotClosed_IsAnError() => Assert.False(ConsoleWords.TrySplit("a \"b", out _, out _));

    [Theory]
    [InlineData("2026-01-31T18:00:00Z", "2026-01-31T18:00:00Z")]
    [InlineData("2026-01-31T18:00+02:00", "2026-01-31T16:00:00Z")]
    [InlineData("18:00", "2026-01-31T17:00:00Z")]
    [InlineData("12:59", "2026-02-01T11:59:00Z")]
    [InlineData("+30m", "2026-01-31T12:30:00Z")]
    [InlineData("+2h", "2026-01-31T14:00:00Z")]
    [InlineData("+1d", "2026-02-01T12:00:00Z")]
    [InlineData("-90s", "2026-01-31T11:58:30Z")]
    [InlineData("2026-01-31T18:00:00", null)]
    [InlineData("+2", null)]
    [InlineData("+2y", null)]
    [InlineData("+999999999d", null)]
    [InlineData("25:00", null)]
    public void AnInstant_HasAnOffset_OrIsTheNextSuchTimeHere_OrFromNow(string text, string? instant)
    {
        var clock = new FakeTimeProvider(FakeNode.Now);
        clock.SetLocalTimeZone(TimeZoneInfo.CreateCustomTimeZone("here", TimeSpan.FromHours(1), "here", "here"));

        Assert.Equal(instant, Instants.Parse(text, clock) is { } found ? Instants.Print(found) : null);
    }

    [Theory]
    [InlineData("abc", "abc|")]
    [InlineData("abc<<X", "aX|bc")]
    [InlineData("abc<^", "a|c")]
    [InlineData("abc^^^^", "|")]
    [InlineData("ab cd \u0017", "ab |")]
    [InlineData("abc<\u000b", "ab|")]
    [InlineData("abc<\u0015", "|c")]
    [InlineData("abc\u0001X\u0005Y", "XabcY|")]
    [InlineData("abc<~", "ab|")]
    [InlineData("+", "two|")]
    [InlineData("++", "one|")]
    [InlineData("+++", "one|")]
    [InlineData("ab++--", "ab|")]
    [InlineData("ab+X-", "ab|")]
    public void Keys_Edit(string keys, string expected)
    {
        var editor = new LineEditor(["one", "two"]);

        foreach (var key in keys)
        {
            Assert.Equal(LineAction.Edited, editor.Feed(Key(key)));
        }

        Assert.Equal(expected, editor.Text.Insert(editor.Cursor, "|"));
    }

    [Fact]
    public void ALineWiderThanTheTerminal_IsShownAroundTheCursor()
    {
        var editor = new LineEditor([]);
        editor.Replace(0, "0123456789");

        Assert.Equal(("6789", 4), editor.Window(5));
        editor.Feed(Key('\u0001'));
        Assert.Equal(("01234", 0), editor.Window(5));
    }

    [Theory]
    [InlineData("conf", "config ")]
    [InlineData("config sh", "config show")]
    [InlineData("config eval ECStream_Listener Peer 10.0.0.1 ecs", "config eval ECStream_Listener Peer 10.0.0.1 ECStream_")]
    [InlineData("config eval ECStream_L", "config eval ECStream_Listener ")]
    [InlineData("config eval ECS", "config eval ECStream_")]
    [InlineData("config eval ecstream_li", "config eval ECStream_Listener ")]
    [InlineData("config set ECStream_Listener Peer 10", "config set ECStream_Listener Peer 10.0.0.0/16 ")]
    [InlineData("config set ECStream_Listener Peer \"10", "config set ECStream_Listener Peer 10.0.0.0/16 ")]
    [InlineData("config get ECStream_Listener Listen ", "config get ECStream_Listener Listen :1825 ")]
    [InlineData("nonsense ", "nonsense ")]
    public async Task Tab_CompletesCommandsScopesOptionsAndInstances(string line, string completed)
    {
        var run = await TypeAsync(new FakeNode(), $"{line}\t\u0003\u0004");

        Assert.Contains($"12:00:00 127.0.0.1:8025> {completed}\u001b[K", run.Out);
    }

    [Fact]
    public async Task Tab_WhereMoreThanOneMayCome_ListsThem()
    {
        var run = await TypeAsync(new FakeNode(), "c\t\u0003quit\n");

        Assert.Contains("\nclose  config  count\n", run.Out);
    }

    [Fact]
    public async Task ASession_HasBannerPromptAndAnswers_AndIsLeftByQuit()
    {
        var run = await TypeAsync(new FakeNode().Set(1, ("", "10.0.0.1", new PolicyValues { IdleTime = 5 })), "config get ECStream_Listener Peer 10.0.0.1 ECStream_Idle_Time\nnonsense\nquit\n");

        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.StartsWith("########", run.Out);
        Assert.Contains("# ecgrid version: ", run.Out);
        Assert.Contains("12:00:00 127.0.0.1:8025> ", run.Out);
        Assert.Contains("\n        ECStream_Idle_Time = 5\n", run.Out);
        Assert.Contains("nonsense: no such command", run.Error);
    }

    [Fact]
    public async Task ATransactionThatIsLeftOpen_IsSaidToBeDropped()
    {
        var run = await TypeAsync(new FakeNode(), "config begin\n\u0004");

        Assert.Equal(ExitCode.NotEverything, await run.Exit);
        Assert.Contains("the open transaction was dropped", run.Error);
    }

    [Fact]
    public async Task History_IsKept_ForTheUserAlone_WithoutTokensAndDoubles()
    {
        await TypeAsync(new FakeNode(), "help quit\nhelp quit\nhelp s3cr3t\nhelp exit\nquit\n", token: "s3cr3t");

        Assert.Equal("help quit\nhelp exit\nquit\n", await File.ReadAllTextAsync(HistoryFile));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(HistoryFile));
        var run = await TypeAsync(new FakeNode(), "+++\nquit\n");
        Assert.Contains("  quit\n      leave", run.Out);
    }

    [Fact]
    public void History_IsBounded()
    {
        File.WriteAllLines(HistoryFile, Enumerable.Range(0, 3_000).Select(i => $"{i}"));
        var history = new LineHistory(HistoryFile);
        history.Load();
        history.Add("last");

        Assert.Equal(1_000, history.Lines.Count);
        Assert.Equal("last", history.Lines[^1]);
        Assert.Equal(1_001, File.ReadAllLines(HistoryFile).Length);
    }

    private string HistoryFile => Path.Combine(_directory.Path, "history");

    private static ConsoleKeyInfo Key(char c) => c switch
    {
        '\n' => new('\r', ConsoleKey.Enter, false, false, false),
        '\t' => new('\t', ConsoleKey.Tab, false, false, false),
        '<' => new('\0', ConsoleKey.LeftArrow, false, false, false),
        '^' => new('\b', ConsoleKey.Backspace, false, false, false),
        '~' => new('\0', ConsoleKey.Delete, false, false, false),
        '+' => new('\0', ConsoleKey.UpArrow, false, false, false),
        '-' => new('\0', ConsoleKey.DownArrow, false, false, false),
        < ' ' => new(c, ConsoleKey.A + (c - 1), false, false, true),
        _ => new(c, ConsoleKey.None, false, false, false),
    };

    private async Task<CliRun> TypeAsync(FakeNode node, string keys, string? token = null)
    {
        var run = CliRun.Start(
            ["console"], [], new FakeTimeProvider(FakeNode.Now), node, token, host => host with { Keyboard = new Typist(keys), HistoryFile = HistoryFile });
        await run.Exit;
        return run;
    }

    private sealed class Typist(string keys) : IKeyboard
    {
        private readonly Queue<char> _keys = new(keys);

        public int Width => 120;

        public Task<ConsoleKeyInfo?> ReadKeyAsync(CancellationToken cancellationToken) =>
            Task.FromResult(_keys.TryDequeue(out var key) ? Key(key) : (ConsoleKeyInfo?)null);
    }
}
