using Microsoft.Extensions.Time.Testing;

namespace EcStreamOrleans.Cli.Tests;

public sealed class InjectTests : IDisposable
{
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 100_000)]
    [InlineData(4, 1)]
    [InlineData(4, 1000)]
    public async Task Accepted_ExitsZeroAndTheJsonBalances(int connections, int window)
    {
        var (sink, address) = await CliRun.StartSinkAsync("--max", "2000");
        var run = await CliRun.CompleteAsync(
            ["inject", .. To(address), "--connections", $"{connections}", "--window", $"{window}", "--repeat", "1000", "--json", Mail("1"), Mail("2")]);
        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.Equal("", run.Error);
        Assert.Equal(
            ["accepted", "deferred", "messagesPerSecond", "notSent", "rejected", "replies", "seconds", "sent", "unanswered"],
            run.Json.EnumerateObject().Select(property => property.Name).Order());
        Assert.Equal((2000, 2000, 0), (Count(run, "sent"), Count(run, "accepted"), Count(run, "unanswered")));
        Assert.True(run.Json.GetProperty("messagesPerSecond").GetDouble() > 0);
        Assert.Equal(ExitCode.Success, await sink.Exit);
    }

    [Theory]
    [InlineData("Z", "deferred", "4.3.0")]
    [InlineData("D", "rejected", "5.7.1")]
    public async Task NotAccepted_ExitsOneWithABoundedNumberOfLines(string reply, string verdict, string status)
    {
        var (sink, address) = await CliRun.StartSinkAsync("--reply", reply);
        var run = await CliRun.CompleteAsync(["inject", .. To(address), "--repeat", "50", Mail("1")]);
        Assert.Equal(ExitCode.NotEverything, await run.Exit);
        var lines = run.Error.TrimEnd().Split(Environment.NewLine);
        Assert.Equal(21, lines.Length);
        Assert.StartsWith($"{_temp.In("1")}: {verdict}: {status} ", lines[0]);
        Assert.Equal("… and 30 more", lines[20]);
        Assert.Contains($"{verdict} 50", run.Out);
        Assert.Equal(ExitCode.Success, await sink.InterruptAsync());
        Assert.Contains($"{verdict} 50", sink.Out);
    }

    [Fact]
    public async Task StandardInput_IsSentUnchanged()
    {
        var received = new TaskCompletionSource<byte[]?>();
        await using var server = new ScriptedServer(async connection =>
        {
            received.SetResult(await connection.ReadPackageAsync());
            await connection.ReplyAsync("K2.0.0 ok");
        });
        var run = CliRun.Start(["inject", "--to", server.Address, "--from", "", "--rcpt", "b", "--rcpt", "c", "-"], "8\0\xff\n"u8.ToArray(), TimeProvider.System, new HttpClientHandler());
        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.Equal("19:5:8\0\xff\n,0:,1:b,1:c,,"u8.ToArray(), await received.Task);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task ConnectionCut_CountsWhatHasNoReply(int window)
    {
        await using var server = new ScriptedServer(async connection =>
        {
            for (var i = 0; i < 5; i++)
            {
                await connection.ReadPackageAsync();
                await connection.ReplyAsync("K2.0.0 ok");
            }

            await connection.ReadPackageAsync();
            connection.Reset();
        });
        var run = await CliRun.CompleteAsync(["inject", .. To(server.Address), "--window", $"{window}", "--repeat", "20", "--json", Mail("1")]);
        Assert.Equal(ExitCode.NotEverything, await run.Exit);
        Assert.Equal(Count(run, "sent"), Count(run, "accepted") + Count(run, "unanswered"));
        Assert.Equal(20, Count(run, "sent") + Count(run, "notSent"));
        Assert.InRange(Count(run, "unanswered"), 1, 20);
        Assert.Equal(window == 1 ? 1 : 20 - Count(run, "accepted"), Count(run, "unanswered"));
        Assert.Contains(server.Address, run.Error);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1000, 1)]
    [InlineData(1000, 3)]
    public async Task ServerClosesAfterOneReply_GetsOneMessageAConnection(int window, int connections)
    {
        await using var server = new ScriptedServer(async connection =>
        {
            if (await connection.ReadPackageAsync() is not null)
            {
                await connection.ReplyAsync("K2.0.0 ok");
            }
        });
        var run = await CliRun.CompleteAsync(
            ["inject", .. To(server.Address), "--connections", $"{connections}", "--window", $"{window}", "--repeat", "20", "--json", Mail("1")]);
        Assert.True(await run.Exit == ExitCode.Success, run.Error + run.Out);
        Assert.Equal((20, 20), (Count(run, "sent"), Count(run, "accepted")));
        Assert.Contains("one message a connection", run.Error);
        Assert.True(server.Connections >= 20);
    }

    [Fact]
    public async Task MalformedReply_LeavesEverythingUnanswered()
    {
        await using var server = new ScriptedServer(async connection =>
        {
            await connection.ReadPackageAsync();
            await connection.WriteAsync("250 ok\r\n");
        });
        var run = await CliRun.CompleteAsync(["inject", .. To(server.Address), "--repeat", "3", "--json", Mail("1")]);
        Assert.Equal(ExitCode.NotEverything, await run.Exit);
        Assert.Equal((0, 3), (Count(run, "accepted"), Count(run, "unanswered")));
    }

    [Fact]
    public async Task SlowReaderThatRepliesLast_IsWaitedFor()
    {
        await using var server = new ScriptedServer(async connection =>
        {
            var count = 0;
            for (; count < 200; count++)
            {
                Assert.NotNull(await connection.ReadPackageAsync(pieceBytes: 1_000));
            }

            for (; count > 0; count--)
            {
                await connection.ReplyAsync("K2.0.0 ok");
            }
        });
        var big = _temp.File("big", new string('x', 30_000));
        var run = await CliRun.CompleteAsync(["inject", .. To(server.Address), "--repeat", "200", "--json", big]);
        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.Equal(200, Count(run, "accepted"));
    }

    [Fact]
    public async Task Interrupted_WaitsForRepliesForAWhileAndPrintsTheSummary()
    {
        var clock = new FakeTimeProvider();
        var arrived = new TaskCompletionSource();
        await using var server = new ScriptedServer(async connection =>
        {
            await connection.ReadPackageAsync();
            await connection.ReplyAsync("K2.0.0 ok");
            await connection.ReadPackageAsync();

            // The third one has room in the window only when the first reply has been read.
            await connection.ReadPackageAsync();
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, connection.End);
        });
        var run = CliRun.Start(["inject", .. To(server.Address), "--window", "2", "--repeat", "10", "--json", Mail("1")], [], clock, new HttpClientHandler());
        await arrived.Task.WaitAsync(CliRun.Patience);
        run.Interrupt();
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(ExitCode.NotEverything, await run.Exit);
        Assert.Equal((1, 2, 7), (Count(run, "accepted"), Count(run, "unanswered"), Count(run, "notSent")));
    }

    [Fact]
    public async Task NobodyListens_ExitsTwoWithOneLine()
    {
        var (sink, address) = await CliRun.StartSinkAsync();
        await sink.InterruptAsync();
        var run = await CliRun.CompleteAsync(["inject", .. To(address), Mail("1")]);
        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
        Assert.Equal("", run.Out);
    }

    [Theory]
    [InlineData("--window", "0")]
    [InlineData("--connections", "1001")]
    [InlineData("--repeat", "x")]
    [InlineData("--nonsense", "1")]
    public async Task BadOption_ExitsTwoWithOneLine(string option, string value)
    {
        var run = await CliRun.CompleteAsync(["inject", .. To("127.0.0.1:1"), option, value, Mail("1")]);
        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task MissingFile_ExitsTwoBeforeAnythingIsSent()
    {
        var run = await CliRun.CompleteAsync(["inject", .. To("127.0.0.1:1"), _temp.In("nowhere")]);
        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Contains(_temp.In("nowhere"), run.Error);
    }

    private static string[] To(string address) => ["--to", address, "--from", "a@example.com", "--rcpt", "b@example.com"];

    private static int Count(CliRun run, string key) => run.Json.GetProperty(key).GetInt32();

    private string Mail(string name) => _temp.File(name, $"Subject: {name}\n\n{name}\n");
}
