using System.Net;
using System.Text.Json;
using EcStreamOrleans.AdminApi;

namespace EcStreamOrleans.Cli.Tests;

public sealed class AdminTests
{
    private static readonly SpoolEntry Entry = new(
        "s1-7", "failed", "192.0.2.7", DateTimeOffset.UnixEpoch, 321, "a@example.com", ["b@example.com", "c\u001b[31m@example.com"], "5.1.1 no such user");

    [Fact]
    public async Task Status_NoGateway_SaysThatMessagesAreHeld()
    {
        var run = await AskAsync(new Admin(Json(Report(ready: true))), "status");
        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.Contains("HELD: no gateway is configured; 42 messages stay in the spool", run.Out);
        Assert.Contains("127.0.0.1:1825", run.Out);
        Assert.Contains("192.0.2.7", run.Out);
    }

    [Fact]
    public async Task Status_NotReady_ExitsOneAndSaysWhy()
    {
        var run = await AskAsync(new Admin(Json(Report(ready: false))), "status");
        Assert.Equal(ExitCode.NotEverything, await run.Exit);
        Assert.Contains("not ready: spool is not writable", run.Out);
    }

    [Fact]
    public async Task StatusJson_IsTheAnswerItself()
    {
        var json = Json(Report(ready: true));
        var run = await AskAsync(new Admin(json), "status", "--json");
        Assert.Equal(json, run.Out.TrimEnd());
    }

    [Fact]
    public async Task AToken_IsTakenFromTheFile_ElseFromTheEnvironment()
    {
        using var directory = new TempDirectory();
        var file = directory.File("token", "from-the-file\n");

        Assert.Equal((ExitCode.Success, "Bearer from-the-file", ""), await StatusAsync("environment", "--token-file", file));
        Assert.Equal((ExitCode.Success, "Bearer environment", ""), await StatusAsync("environment"));
        Assert.Equal((ExitCode.Success, null, ""), await StatusAsync(null));
        var missing = await StatusAsync("environment", "--token-file", file + "x");
        Assert.Equal((ExitCode.CannotStart, null), (missing.Exit, missing.Authorization));
        Assert.Contains($"--token-file {file}x: is no file with a token", missing.Error);
        Assert.Contains("a token is one word", (await StatusAsync("two words")).Error);

        async Task<(int Exit, string? Authorization, string Error)> StatusAsync(string? environment, params string[] more)
        {
            var admin = new Admin(Json(Report(ready: true))) { Grid = new GridReport("c1", [], []) };
            var run = CliRun.Start(["status", .. more], [], TimeProvider.System, admin, environment);
            return (await run.Exit, admin.Authorization, run.Error);
        }
    }

    [Fact]
    public async Task WithoutAToken_WhereOneIsNeeded_ItSaysHowToGiveOne()
    {
        var run = await AskAsync(new Admin("", HttpStatusCode.Unauthorized), "status");
        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Contains("give a token with --token-file FILE or ECGRID_TOKEN", run.Error);
    }

    [Theory]
    [InlineData("<html>", HttpStatusCode.OK)]
    [InlineData("", HttpStatusCode.InternalServerError)]
    public async Task Status_NoAnswerOfAnAdminApi_ExitsTwoWithOneLine(string content, HttpStatusCode status)
    {
        var run = await AskAsync(new Admin(content, status), "status");
        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Status_NobodyListens_ExitsTwo()
    {
        var (sink, address) = await CliRun.StartSinkAsync();
        await sink.InterruptAsync();
        var run = await CliRun.CompleteAsync("status", "--admin", $"http://{address}");
        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Contains(address, run.Error);
    }

    [Fact]
    public async Task SpoolList_ShowsEveryMessageAndNoControlCharacter()
    {
        var admin = new Admin(JsonSerializer.Serialize(new SpoolListing([Entry], true), AdminJson.Default.SpoolListing));
        var run = await AskAsync(admin, "spool", "list", "--limit", "1");
        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.Equal("http://127.0.0.1:8025/api/v1/spool?limit=1", admin.Asked);
        Assert.Contains("s1-7", run.Out);
        Assert.Contains("<b@example.com> and 1 more", run.Out);
        Assert.Contains("… and more", run.Out);
    }

    [Fact]
    public async Task Status_ShowsEveryNode_AndWhatToLookAt()
    {
        NodeSummary[] nodes =
        [
            new("h1/10-abc", "silo", "1", "0.1.0", DateTimeOffset.UnixEpoch, true, [], 0, "d1", 7, null, 2, 1000, 3, 1, 42, 61.5, 1 << 26),
            new("h2/11-def", "edge", null, "0.1.0", DateTimeOffset.UnixEpoch, false, ["listener: stopping"], 7.5, "d2", 6, null, 5, 20, 0, 0, null, null, null),
        ];
        var admin = new Admin(Json(Report(ready: true))) { Grid = new GridReport("c1", nodes, ["h2/11-def is not\u001b ready."]) };

        var run = await AskAsync(admin, "status");

        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.Matches(@"h1/10-abc +silo +1 +0\.1\.0 +yes +7 +2 +1000 +3 +1 +42 +now", run.Out);
        Assert.Matches(@"h2/11-def +edge +- +0\.1\.0 +NO +6 +5 +20 +0 +0 +- +7\.5s ago", run.Out);
        Assert.Contains("WARNING: h2/11-def is not", run.Out);
        Assert.DoesNotContain("\u001b", run.Out);
        var alone = await AskAsync(new Admin(Json(Report(ready: true))) { Grid = new GridReport("c1", nodes[..1], []) }, "status");
        Assert.DoesNotContain("h1/10-abc", alone.Out);
        Assert.Contains("other nodes are not known", (await AskAsync(new Admin(Json(Report(ready: true))), "status")).Error);
    }

    [Fact]
    public async Task SpoolShow_WritesTheMessageUnchangedAndTheEnvelopeBesideIt()
    {
        byte[] message = [.. "Subject: x\r\n\r\n"u8, 0, 255];
        var admin = new Admin(JsonSerializer.Serialize(new SpoolMessage(Entry, message), AdminJson.Default.SpoolMessage));
        var run = await AskAsync(admin, "spool", "show", "s1/7", "--admin", "http://127.0.0.1:9/base");
        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.Equal("http://127.0.0.1:9/base/api/v1/spool/s1%2F7", admin.Asked);
        Assert.Equal(message, run.Binary);
        Assert.Contains("Sender: <a@example.com>", run.Error);
        Assert.DoesNotContain("\u001b", run.Error);
    }

    [Fact]
    public async Task SpoolShow_NoSuchMessage_ExitsOne()
    {
        var run = await AskAsync(new Admin("", HttpStatusCode.NotFound), "spool", "show", "x");
        Assert.Equal(ExitCode.NotEverything, await run.Exit);
        Assert.Contains("no message x", run.Error);
    }

    private static async Task<CliRun> AskAsync(Admin admin, params string[] args)
    {
        var run = CliRun.Start(args, [], TimeProvider.System, admin);
        await run.Exit;
        return run;
    }

    private static string Json(StatusReport report) => JsonSerializer.Serialize(report, AdminJson.Default.StatusReport);

    private static StatusReport Report(bool ready) => new(
        "node1", "0.1.0", DateTimeOffset.UnixEpoch, 93_784, ready, ready ? [] : ["spool is not writable"],
        [new ListenStatus("127.0.0.1:1825", "127.0.0.1:1825", 2, null), new ListenStatus("[::1]:1825", null, 0, "address in use")],
        new SessionCounts(2, 17, 1000, 3, 1),
        [new PeerStatus("192.0.2.7", 2, 40, 1000, 3, 1, 1_234_567, DateTimeOffset.UnixEpoch)],
        new PolicyReport(7, 2, null),
        new SpoolReport("s1", "/data/spool", ready, ready ? null : "no space", 42, 7, 1 << 26, 61.5, 1, 2, 0),
        new RelayReport("held", null, null, 0, 0, 0, 0, null, null));

    private sealed class Admin(string content, HttpStatusCode status = HttpStatusCode.OK) : HttpMessageHandler
    {
        /// <summary>What is told of the cluster's nodes; null for a node that is too old to tell.</summary>
        public GridReport? Grid { get; init; }

        public string? Asked { get; private set; }

        public string? Authorization { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.AbsolutePath.EndsWith("/grid", StringComparison.Ordinal))
            {
                return Task.FromResult(Grid is null
                    ? new HttpResponseMessage(HttpStatusCode.NotFound)
                    : new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(JsonSerializer.Serialize(Grid, AdminJson.Default.GridReport)) });
            }

            Asked = request.RequestUri!.AbsoluteUri;
            Authorization = request.Headers.Authorization?.ToString();
            return Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent(content) });
        }
    }
}
