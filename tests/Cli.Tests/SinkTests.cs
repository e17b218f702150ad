using System.Net.Sockets;
using System.Text;

namespace EcStreamOrleans.Cli.Tests;

public sealed class SinkTests
{
    [Theory]
    [InlineData("01:x,", "D5.5.2 malformed stream")]
    [InlineData("HELO example.com\r\n", "D5.5.2 malformed stream")]
    [InlineData("3:abcd", "D5.5.2 malformed stream")]
    public async Task MalformedStream_EarlierRepliesThenTheVerdictThenTheEnd(string octets, string verdict)
    {
        var (sink, address) = await CliRun.StartSinkAsync();
        var replies = await TalkAsync(address, "12:1:x,1:a,1:b,," + octets);
        Assert.StartsWith("9:K2.0.0 ok,", replies);
        Assert.Contains(verdict, replies);
        Assert.Equal(ExitCode.Success, await sink.InterruptAsync());
        Assert.Contains("accepted 1,", sink.Out);
        Assert.Contains("1 malformed streams", sink.Out);
    }

    [Fact]
    public async Task UnsoundPackages_AreRejectedAndTheStreamGoesOn()
    {
        var (sink, address) = await CliRun.StartSinkAsync();
        var replies = await TalkAsync(address, "8:1:x,1:a,,3:abc,12:1:x,1:a,1:b,,");
        Assert.Matches("^[0-9]+:D5\\.5\\.4 [^,]+,[0-9]+:D5\\.5\\.2 [^,]+,9:K2\\.0\\.0 ok,$", replies);
        await sink.InterruptAsync();
    }

    [Fact]
    public async Task Max_EndsTheSinkAndLeavesTheRestUnanswered()
    {
        var (sink, address) = await CliRun.StartSinkAsync("--max", "2");
        var replies = await TalkAsync(address, string.Concat(Enumerable.Repeat("12:1:x,1:a,1:b,,", 5)));
        Assert.Equal("9:K2.0.0 ok,9:K2.0.0 ok,", replies);
        Assert.Equal(ExitCode.Success, await sink.Exit);
        Assert.Contains("accepted 2,", sink.Out);
    }

    [Fact]
    public async Task InterruptedBeforeMax_ExitsOne()
    {
        var (sink, _) = await CliRun.StartSinkAsync("--max", "2");
        Assert.Equal(ExitCode.NotEverything, await sink.InterruptAsync());
    }

    [Fact]
    public async Task MaildirCannotBeWritten_DefersAndSaysWhy()
    {
        using var temp = new TempDirectory();
        var (sink, address) = await CliRun.StartSinkAsync("--maildir", temp.File("mail", "not a directory"));
        Assert.Contains("Z4.3.0", await TalkAsync(address, "12:1:x,1:a,1:b,,"));
        Assert.Equal(ExitCode.NotEverything, await sink.InterruptAsync());
        Assert.Contains(temp.In("mail"), sink.Error);
    }

    [Fact]
    public async Task Maildir_TakesOneFileARecipient()
    {
        using var temp = new TempDirectory();
        var (sink, address) = await CliRun.StartSinkAsync("--maildir", temp.In("mail"));
        Assert.Equal("9:K2.0.0 ok,", await TalkAsync(address, "16:1:x,1:a,1:b,1:c,,"));
        await sink.InterruptAsync();
        Assert.Equal(
            ["Return-Path: <a>\nDelivered-To: b\nx", "Return-Path: <a>\nDelivered-To: c\nx"],
            Directory.GetFiles(temp.In("mail/new")).Select(File.ReadAllText).Order());
    }

    [Fact]
    public async Task UnixSocket_IsListenedOnAndRemoved()
    {
        using var temp = new TempDirectory();
        var sink = CliRun.Start("sink", "--listen", $"unix:{temp.In("s")}", "--max", "1");
        Assert.Equal($"listening on unix:{temp.In("s")}", await sink.FirstLineAsync());
        var run = await CliRun.CompleteAsync("inject", "--to", $"unix:{temp.In("s")}", "--from", "", "--rcpt", "b", temp.File("m", "x"));
        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.Equal(ExitCode.Success, await sink.Exit);
        Assert.False(File.Exists(temp.In("s")));
    }

    [Fact]
    public async Task PortInUse_ExitsTwo()
    {
        var (sink, address) = await CliRun.StartSinkAsync();
        var second = await CliRun.CompleteAsync("sink", "--listen", address);
        Assert.Equal(ExitCode.CannotStart, await second.Exit);
        await sink.InterruptAsync();
    }

    [Fact]
    public async Task MaildirWithAnotherReplyThanK_IsAUsageError()
    {
        var run = await CliRun.CompleteAsync("sink", "--listen", "127.0.0.1:0", "--maildir", "x", "--reply", "Z");
        Assert.Equal(ExitCode.CannotStart, await run.Exit);
    }

    /// <summary>Sends, half-closes and returns everything that comes back.</summary>
    private static async Task<string> TalkAsync(string address, string octets)
    {
        var colon = address.LastIndexOf(':');
        using var client = new TcpClient(address[..colon], int.Parse(address[(colon + 1)..]));
        using var reader = new StreamReader(client.GetStream());
        await reader.BaseStream.WriteAsync(Encoding.ASCII.GetBytes(octets));
        client.Client.Shutdown(SocketShutdown.Send);
        return await reader.ReadToEndAsync().WaitAsync(CliRun.Patience);
    }
}
