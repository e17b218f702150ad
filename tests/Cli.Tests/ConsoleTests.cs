using System.Net;
using System.Text.Json;
using EcStreamOrleans.AdminApi;

namespace EcStreamOrleans.Cli.Tests;

public sealed class ConsoleTests : IDisposable
{
    private const string Conf = """
        ECStream_Listener {
          Listen ":1825" { }
          Peer "10.0.0.0/16" { ECStream_Idle_Time = 600 }
        }
        """;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Eval_FromANode_SaysWhatHoldsAndWhereItComesFrom()
    {
        var admin = new FakeNode(Conf);
        var run = await AskAsync(admin, "console", "config", "eval", "ECStream_Listener", "Listen", ":1825", "Peer", "10.0.0.7", "ecstream_idle_time");

        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.Equal("GET api/v1/config", admin.Asked[0]);
        Assert.Equal("ECStream_Idle_Time = 600  # from ECStream_Listener::Peer:10.0.0.0/16:", run.Out.TrimEnd());
    }

    [Fact]
    public async Task Show_FromAFile_AsksNoNode()
    {
        var admin = new Admin("");
        var run = await AskAsync(admin, "console", "--conf", _directory.File("e.conf", Conf), "config", "show", "ecstream_listener");

        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.Null(admin.Asked);
        Assert.Equal("Listen \":1825\" { ... }\nPeer \"10.0.0.0/16\" { ... }", run.Out.TrimEnd());
    }

    [Fact]
    public async Task ShowRecurse_OfAFile_IsAFileThatSaysTheSame()
    {
        var file = _directory.File("e.conf", "Pathway \"x\" {\tECStream_Idle_Time = 5 }\n" + Conf);
        var first = await CliRun.CompleteAsync("console", "--conf", file, "config", "showrecurse");
        var second = await CliRun.CompleteAsync("console", "--conf", _directory.File("again.conf", first.Out), "config", "showrecurse");

        Assert.Contains("Pathway \"x\" {\n  ECStream_Idle_Time = 5\n}\n", first.Out);
        Assert.Equal(first.Out, second.Out);
    }

    [Theory]
    [InlineData("get Blackhole", ExitCode.NotEverything, "Option 'Blackhole' is not set in scope ''.", "")]
    [InlineData("show nonsense x", ExitCode.CannotStart, "", "ecgrid: 'nonsense' is not a valid scope name in scope 'Global'")]
    [InlineData("sett Enable false", ExitCode.CannotStart, "", "ecgrid: config sett: no such command; did you mean 'config set'? ('help' lists them all)")]
    [InlineData("reload other.conf", ExitCode.CannotStart, "", "ecgrid: config reload takes no argument: the node reads the file that it was started with")]
    public async Task WhatIsNotThere_IsSaid(string words, int code, string output, string error)
    {
        var run = await AskAsync(new FakeNode(Conf), ["console", "config", .. words.Split(' ')]);

        Assert.Equal(code, await run.Exit);
        Assert.Equal((output, error), (run.Out.TrimEnd(), run.Error.TrimEnd()));
    }

    [Theory]
    [InlineData("sumary", "ecgrid: sumary: no such command; did you mean 'summary'? ('help' lists them all)")]
    [InlineData("xyzzy", "ecgrid: xyzzy: no such command; there are close, config, count, exit, help, maintenance, module, pid, quit, resume, show, summary, suspend, sysinfo, version, write")]
    [InlineData("mailq", "ecgrid: mailq: there are no queues by domain here; mail waits in the spool: 'ecgrid status' counts it, 'ecgrid spool list' shows it")]
    [InlineData("dns_cache flush", "ecgrid: dns_cache: no DNS is asked here; mail goes to the Gateway of the configuration")]
    [InlineData("show outbound", "ecgrid: show outbound: 'ecgrid status' shows the relay")]
    [InlineData("summary reset", "ecgrid: summary takes no argument: statistics count from the start of the node on")]
    public async Task AnotherCommand_IsToldWhatThereIsInstead(string words, string error)
    {
        var run = await AskAsync(new FakeNode(Conf), ["console", .. words.Split(' ')]);

        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Equal(error, run.Error.TrimEnd());
    }

    [Theory]
    [InlineData("config set ECStream_Listener Peer 10.0.0.1 ECStream_Idle_Time 5", "config set")]
    [InlineData("summary", "summary")]
    [InlineData("config reload", "config reload")]
    public async Task WithAFile_WhatIsForANode_IsRefused(string words, string command)
    {
        var run = await AskAsync(new FakeNode(Conf), ["console", "--conf", "x.conf", .. words.Split(' ')]);

        Assert.Equal((ExitCode.CannotStart, $"ecgrid: {command} is for a node; leave --conf out"), (await run.Exit, run.Error.TrimEnd()));
    }

    [Theory]
    [InlineData("help")]
    [InlineData("config")]
    [InlineData("config help")]
    public async Task Help_AsksNobody(string words)
    {
        var admin = new Admin("");
        var run = await AskAsync(admin, ["console", .. words.Split(' ')]);

        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.Null(admin.Asked);
        Assert.Contains("config", run.Out);
    }

    [Fact]
    public async Task AFileWithErrors_IsNotShown_AndItsErrorsAre()
    {
        var run = await CliRun.CompleteAsync("console", "--conf", _directory.File("bad.conf", "nonsense = 1\n" + Conf), "config", "show");

        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Equal("", run.Out);
        Assert.Contains("bad.conf:1:1: error: ", run.Error);
    }

    [Fact]
    public async Task AnOptionOnlyALenientNodeTakes_IsShown()
    {
        var file = _directory.File("e.conf", "ECStream_Listener { Listen \":1\" { Peer \"10.0.0.1\" { Use_SSL = true } } }");
        var run = await CliRun.CompleteAsync("console", "--conf", file, "config", "get", "ECStream_Listener", "Listen", ":1", "Peer", "10.0.0.1", "Use_SSL");

        Assert.Equal("        Use_SSL = true", run.Out.TrimEnd());
    }

    [Fact]
    public async Task AValueThatWouldSteerTheTerminal_DoesNot()
    {
        var run = await AskAsync(new FakeNode("Domain \"a\u001b[31m\tb\" { x = \"\u009b\n\" }"), "console", "config", "showrecurse");

        Assert.Equal("Domain \"a?[31m\tb\" {\n  x = \"?\n\"\n}", run.Out.TrimEnd());
    }

    [Theory]
    [InlineData("<html>", HttpStatusCode.OK)]
    [InlineData("null", HttpStatusCode.OK)]
    [InlineData("", HttpStatusCode.NotFound)]
    public async Task ANodeThatCannotTell_IsExitTwoWithOneLine(string content, HttpStatusCode status)
    {
        var run = await AskAsync(new Admin(content, status), "console", "config", "show");

        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("config reload")]
    [InlineData("console config reload")]
    public async Task Reload_Done_SaysWhatChanged(string words)
    {
        var admin = new Admin(Json(new ReloadReport(
            true, 2, [], ["e.conf:1:1: warning: x\u001b"], [new ListenChange(":1826", "added", null), new ListenChange(":1825", "removed", null)])));
        var run = await AskAsync(admin, words.Split(' '));

        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.Equal("POST http://127.0.0.1:8025/api/v1/config/reload", admin.Asked);
        Assert.Equal(
            "e.conf:1:1: warning: x?\nReconfigure complete.\nGeneration 2 is in effect.\nListen \":1826\" added\nListen \":1825\" removed",
            run.Out.TrimEnd());
    }

    [Fact]
    public async Task Reload_ASocketThatCannotBeHad_ExitsOne()
    {
        var run = await AskAsync(new Admin(Json(new ReloadReport(true, 2, [], [], [new ListenChange(":25", "added", "Permission denied")]))), "config", "reload");

        Assert.Equal(ExitCode.NotEverything, await run.Exit);
        Assert.Contains("Listen \":25\" added, but does not listen: Permission denied", run.Out);
    }

    [Fact]
    public async Task Reload_Refused_SaysEveryErrorAndExitsOne()
    {
        var run = await AskAsync(new Admin(Json(new ReloadReport(false, 1, ["e.conf:2:1: error: a", "e.conf:3:1: error: b"], [], []))), "config", "reload");

        Assert.Equal(ExitCode.NotEverything, await run.Exit);
        Assert.Equal("e.conf:2:1: error: a\ne.conf:3:1: error: b\nReconfigure failed\nGeneration 1 stays in effect.", run.Out.TrimEnd());
    }

    private static string Json(ReloadReport report) => JsonSerializer.Serialize(report, AdminJson.Default.ReloadReport);

    private static async Task<CliRun> AskAsync(HttpMessageHandler admin, params string[] args)
    {
        var run = CliRun.Start(args, [], TimeProvider.System, admin);
        await run.Exit;
        return run;
    }

    private sealed class Admin(string content, HttpStatusCode status = HttpStatusCode.OK) : HttpMessageHandler
    {
        public string? Asked { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked = $"{request.Method} {request.RequestUri!.AbsoluteUri}";
            return Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent(content) });
        }
    }
}
