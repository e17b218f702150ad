using System.Collections.Concurrent;
using System.Net;
using System.Text;
using EcStreamOrleans.Cli.Loading;
using EcStreamOrleans.Cli.Sending;
using EcStreamOrleans.Delivery;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Framing;
using Microsoft.Extensions.Time.Testing;

namespace EcStreamOrleans.Cli.Tests;

public sealed class LoadTests : IDisposable
{
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Ledger_OfAcceptedMessages_EqualsWhatTheSinkKept()
    {
        var (sink, address) = await CliRun.StartSinkAsync("--maildir", _temp.In("mail"), "--max", "300");
        var run = await CliRun.CompleteAsync(
            "load", "--to", address, "--size", "1024", "--count", "300", "--connections", "4", "--window", "50", "--ledger", _temp.In("ledger"), "--json");
        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.Equal(ExitCode.Success, await sink.Exit);
        var kept = Directory.GetFiles(_temp.In("mail/new")).Select(file => LineOf(File.ReadAllBytes(file))).Order().ToArray();
        Assert.Equal(300, kept.Distinct().Count());
        Assert.Equal(kept, File.ReadAllLines(_temp.In("ledger")).Order());
        Assert.Equal(
            [
                "accepted", "bytes", "deferred", "maxMilliseconds", "messagesPerSecond", "notSent", "p50Milliseconds", "p99Milliseconds", "rejected",
                "replies", "seconds", "sent", "unanswered",
            ],
            run.Json.EnumerateObject().Select(property => property.Name).Order());
        Assert.Equal(300 * 1024, run.Json.GetProperty("bytes").GetInt32());
    }

    [Fact]
    public async Task ConnectionCut_LedgerHoldsExactlyTheAccepted()
    {
        await using var server = new ScriptedServer(async connection =>
        {
            for (var i = 0; i < 40; i++)
            {
                await connection.ReadPackageAsync();
                await connection.ReplyAsync(i % 2 == 0 ? "K2.0.0 ok" : "Z4.3.1 full");
            }
        });
        var run = await CliRun.CompleteAsync(
            "load", "--to", server.Address, "--size", "1024", "--count", "1000", "--connections", "2", "--window", "100", "--ledger", _temp.In("ledger"), "--json");
        Assert.Equal(ExitCode.NotEverything, await run.Exit);
        int Count(string key) => run.Json.GetProperty(key).GetInt32();
        Assert.Equal(File.ReadAllLines(_temp.In("ledger")).Distinct().Count(), Count("accepted"));
        Assert.Equal(Count("sent"), Count("accepted") + Count("deferred") + Count("rejected") + Count("unanswered"));
        Assert.Equal(1000, Count("sent") + Count("notSent"));
        Assert.True(Count("unanswered") > 0);
    }

    [Fact]
    public async Task Bind_IsWhereTheConnectionsComeFrom()
    {
        var from = new ConcurrentBag<IPAddress>();
        await using var server = new ScriptedServer(async connection =>
        {
            from.Add(connection.RemoteAddress);
            while (await connection.ReadPackageAsync() is not null)
            {
                await connection.ReplyAsync("K2.0.0 ok");
            }
        });
        var run = await CliRun.CompleteAsync(
            "load", "--to", server.Address, "--size", "1024", "--count", "4", "--connections", "2", "--bind", "127.0.0.2", "--json");
        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.Equal([IPAddress.Parse("127.0.0.2"), IPAddress.Parse("127.0.0.2")], from);
    }

    [Fact]
    public async Task Peers_AreAddressesInARow()
    {
        var from = new ConcurrentBag<string>();
        await using var server = new ScriptedServer(async connection =>
        {
            from.Add(connection.RemoteAddress.ToString());
            while (await connection.ReadPackageAsync() is not null)
            {
                await connection.ReplyAsync("K2.0.0 ok");
            }
        });
        var run = await CliRun.CompleteAsync(
            "load", "--to", server.Address, "--size", "1024", "--count", "4", "--connections", "4", "--bind", "127.0.0.255", "--peers", "2", "--json");
        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.Equal(["127.0.0.255", "127.0.0.255", "127.0.1.0", "127.0.1.0"], from.Order());
    }

    [Fact]
    public async Task Rate_IsNotExceeded()
    {
        await using var server = new ScriptedServer(async connection =>
        {
            while (await connection.ReadPackageAsync() is not null)
            {
                await connection.ReplyAsync("K2.0.0 ok");
            }
        });
        var time = new FakeTimeProvider();
        var run = CliRun.Start(
            ["load", "--to", server.Address, "--size", "1024", "--count", "5", "--connections", "1", "--rate", "10", "--json"], [], time, new HttpClientHandler());
        while (!run.Exit.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Yield();
        }

        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.InRange(run.Json.GetProperty("seconds").GetDouble(), 0.4, double.MaxValue);
    }

    [Theory]
    [InlineData("--peers", "2", "unix:/nowhere", "Unix socket")]
    [InlineData("--peers", "20001", "127.0.0.1:1", "20000")]
    [InlineData("--rate", "1", "127.0.0.1:1", "each of 2 connections")]
    public async Task PeersAndRate_ThatCannotBe_ExitTwo(string option, string value, string to, string words)
    {
        var run = await CliRun.CompleteAsync("load", "--to", to, "--size", "1024", "--count", "1", "--connections", "2", option, value);
        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Contains(words, run.Error);
    }

    [Theory]
    [InlineData("127.0.0.1:1", "nonsense", "must be an IP address")]
    [InlineData("127.0.0.1:1", "::1", "one is IPv4, the other IPv6")]
    [InlineData("127.0.0.1:1", "192.0.2.1", "192.0.2.1")]
    [InlineData("unix:/nowhere", "127.0.0.2", "Unix socket")]
    public async Task Bind_ThatCannotBe_ExitsTwo(string to, string address, string words)
    {
        var run = await CliRun.CompleteAsync("load", "--to", to, "--size", "1024", "--count", "1", "--bind", address);
        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Contains(words, run.Error);
    }

    [Theory]
    [InlineData("192.0.2.1:1825")]
    [InlineData("mail.example.com:1825")]
    public async Task TargetElsewhere_IsRefused(string target)
    {
        var run = await CliRun.CompleteAsync("load", "--to", target, "--size", "1024", "--count", "1");
        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Contains("--allow-remote", run.Error);
    }

    [Theory]
    [InlineData("--size", "1024")]
    [InlineData("--size", "1024", "--count", "0")]
    [InlineData("--size", "1024", "--count", "100000001")]
    [InlineData("--size", "100", "--count", "1")]
    [InlineData("--size", "32000001", "--count", "1")]
    public async Task OutOfBounds_ExitsTwo(params string[] options)
    {
        var run = await CliRun.CompleteAsync(["load", "--to", "127.0.0.1:1", .. options]);
        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task LedgerCannotBeWritten_ExitsTwoBeforeAnythingIsSent()
    {
        var run = await CliRun.CompleteAsync("load", "--to", "127.0.0.1:1", "--size", "1024", "--count", "1", "--ledger", _temp.In("nowhere/ledger"));
        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Contains("ledger", run.Error);
    }

    [Fact]
    public async Task LedgerFailsMeanwhile_ExitsTwo()
    {
        var (sink, address) = await CliRun.StartSinkAsync();
        var run = await CliRun.CompleteAsync("load", "--to", address, "--size", "1024", "--count", "100", "--ledger", "/dev/full");
        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Contains("/dev/full", run.Error);
        await sink.InterruptAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(77)]
    [InlineData(78)]
    [InlineData(79)]
    [InlineData(80)]
    [InlineData(100_000)]
    public void Template_EverySize_MakesSoundDistinctMessages(int extra)
    {
        Assert.True(EcStreamEndpoint.TryParse("127.0.0.1:1", out var to, out _));
        var size = LoadTemplate.MinimumSize("ä@example.com", "b@example.com") + extra;
        var template = LoadTemplate.Create(
            new LoadOptions(to, size, 10, 1, 1, false, "ä@example.com", "b@example.com", null, false), "0123456789ab", 3, DateTimeOffset.UnixEpoch);
        var slot = new byte[template.PackageBytes];
        template.CopyTo(slot);
        var seen = new HashSet<string>();
        foreach (var number in new[] { 0L, 9, 99_999_999, 1, 1_234_567_890, 2_345_678_901, 3_456_789_012, 4_567_890_123, 5_678_901_234, 6_789_012_345, 7_890_123_456, 8_901_234_567, 9_012_345_678 })
        {
            var hash = template.Patch(slot, number);
            Assert.Equal(PackageFault.None, EcStreamCodec.Instance.ReadEnvelope(slot, FramingLimits.Default, out var envelope));
            Assert.Equal(size, envelope.Message.Length);
            Assert.True(envelope.Message.EndsWith("\r\n"u8));
            Assert.Equal($"0123456789ab-0003-{number:D10} {hash:x8}", LineOf(envelope.Message.ToArray()));
            Assert.DoesNotContain("\r\r", Encoding.UTF8.GetString(envelope.Message));
            Assert.True(seen.Add(Encoding.UTF8.GetString(envelope.Message[envelope.Message.IndexOf("\r\n\r\n"u8)..])));
        }
    }

    [Fact]
    public async Task ReplyThatCameMeanwhile_HasArrivedLater()
    {
        using var first = new ManualResetEventSlim();
        using var second = new ManualResetEventSlim();
        await using var server = new ScriptedServer(async connection =>
        {
            await connection.ReadPackageAsync();
            await connection.ReadPackageAsync();
            await connection.ReplyAsync("K2.0.0 ok");
            first.Wait(CliRun.Patience);
            await connection.ReplyAsync("K2.0.0 ok");
            second.Set();
            await connection.ReadPackageAsync();
        });
        var connected = await EcStreamConnection.ConnectAsync(server.Endpoint, CliRun.Patience, EcStreamCodec.Instance, TimeProvider.System, CancellationToken.None);
        await using var connection = connected.Connection!;
        var feed = new TwoPackages(first, second);

        Assert.Null(await PipelinedSession.RunAsync(connection, feed, 2, TimeProvider.System, CancellationToken.None));
        Assert.Equal(["arrival", "reply 0", "arrival", "reply 1"], feed.Calls);
    }

    [Fact]
    public void Histogram_Quantiles_AreWithinABucket()
    {
        var histogram = new LatencyHistogram();
        Assert.Equal(0, histogram.QuantileMilliseconds(0.5));
        for (var i = 1; i <= 10_000; i++)
        {
            histogram.Add(TimeSpan.FromMicroseconds(i));
        }

        Assert.InRange(histogram.QuantileMilliseconds(0.50), 5.0, 5.17);
        Assert.InRange(histogram.QuantileMilliseconds(0.99), 9.9, 10.0);
        Assert.Equal(10.0, histogram.MaxMilliseconds);
    }

    /// <summary>The ledger line that a message as received should have.</summary>
    private static string LineOf(byte[] message)
    {
        var text = Encoding.Latin1.GetString(message);
        var header = text[..text.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Split("\r\n");
        var id = header.Single(line => line.StartsWith("X-Load-Id: "))["X-Load-Id: ".Length..];
        var body = message.AsSpan(message.AsSpan().IndexOf("\r\n\r\n"u8) + 4);
        var hash = $"{Crc32C.Compute(body):x8}";
        Assert.Contains($"X-Load-Body: {hash}", header);
        Assert.Contains($"Message-ID: <{id}@ecgrid.invalid>", header);
        return $"{id} {hash}";
    }

    /// <summary>Is at work on the first reply until the second has been sent: that lies in the socket then, and takes no wait.</summary>
    private sealed class TwoPackages(ManualResetEventSlim first, ManualResetEventSlim second) : IPackageFeed
    {
        private bool _isPrepared;

        public List<string> Calls { get; } = [];

        public int Prepare(EcStreamConnection connection, int room)
        {
            if (_isPrepared)
            {
                return 0;
            }

            _isPrepared = true;
            connection.WriteMessage("one"u8, "s@a.test"u8, [Encoding.ASCII.GetBytes("r@b.test")]);
            connection.WriteMessage("two"u8, "s@a.test"u8, [Encoding.ASCII.GetBytes("r@b.test")]);
            return 2;
        }

        public ValueTask<bool> SendAsync(EcStreamConnection connection) => connection.FlushAsync(CancellationToken.None);

        public void OnArrival() => Calls.Add("arrival");

        public void OnReply(long index, in Reply reply)
        {
            Calls.Add($"reply {index}");
            if (index == 0)
            {
                first.Set();
                second.Wait(CliRun.Patience);
            }
        }
    }
}
