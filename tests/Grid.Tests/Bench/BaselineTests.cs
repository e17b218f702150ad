using System.Net;
using System.Text;
using EcStreamOrleans.Baselines;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Spool;
using Microsoft.Extensions.Logging.Abstractions;

namespace EcStreamOrleans.Grid.Tests.Bench;

/// <summary>What ours is measured against has to do what it is said to do: a fast server that is wrong is no limit.</summary>
public sealed class BaselineTests : IDisposable
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    private readonly TempDirectory _directory = new();
    private readonly CancellationTokenSource _stop = new();

    public static TheoryData<string> Servers => new("frames", "spool");

    public void Dispose()
    {
        _stop.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task PackagesInAnyPieces_AreEachAnswered(string kind)
    {
        await using var spool = SpoolServer.Open(_directory.Sub("spool"), spares: 1);
        var (run, at) = Start(kind, spool);
        var stream = Enumerable.Range(0, 3).SelectMany(i => RawClient.Package($"Subject: {i}\n\n{new string('x', 40)}")).ToArray();
        using (var client = await RawClient.ConnectAsync(at))
        {
            for (var cut = 0; cut <= stream.Length; cut++)
            {
                await client.SendAsync(stream[..cut]);
                await client.SendAsync(stream[cut..]);
                AssertAccepted(3, await client.ReadRepliesAsync(3));
            }

            // Longer than any buffer of the server, and something behind it.
            await client.SendAsync([.. RawClient.Package(new string('y', 3_000_000)), .. stream]);
            AssertAccepted(4, await client.ReadRepliesAsync(4));
        }

        await StopsAsync(run);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task ManyConnections_SomeOfWhichBreakOff_AreServed_AndAStopAnswersWhatWasRead(string kind)
    {
        await using var spool = SpoolServer.Open(_directory.Sub("spool"), spares: 1);
        var (run, at) = Start(kind, spool);
        var package = RawClient.Package(new string('z', 1_000));
        var packages = Enumerable.Repeat(package, 200).SelectMany(octets => octets).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            using var client = await RawClient.ConnectAsync(at);
            await client.SendAsync(packages);
            if (i % 4 == 0)
            {
                client.Reset();
                return;
            }

            await client.SendAsync(package[..(i * 10)]);
            client.HalfClose();
            AssertAccepted(200, await client.ReadToEndAsync());
        }));

        using var last = await RawClient.ConnectAsync(at);
        await last.SendAsync(package);
        AssertAccepted(1, await last.ReadRepliesAsync(1));
        await StopsAsync(run);
        Assert.Empty(await last.ReadToEndAsync());
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task ABrokenStream_IsToldSo_BehindTheRepliesOwed(string kind)
    {
        await using var spool = SpoolServer.Open(_directory.Sub("spool"), spares: 1);
        var (run, at) = Start(kind, spool);
        using var client = await RawClient.ConnectAsync(at);
        await client.SendAsync([.. RawClient.Package("a"), .. RawClient.Package("b"), .. "04:"u8]);
        var replies = await client.ReadToEndAsync();

        AssertAccepted(2, replies[..2]);
        Assert.StartsWith("D5.5.2", Assert.Single(replies[2..]));
        await StopsAsync(run);
    }

    [Fact]
    public async Task WhatTheSpoolServerSaysYesTo_IsInTheSpool()
    {
        string[] messages = ["Subject: 1\n\none", "Subject: 2\n\ntwo", "Subject: 3\n\nthree"];
        await using (var spool = SpoolServer.Open(_directory.Sub("spool"), spares: 1))
        {
            var (run, at) = Start("spool", spool);
            using var client = await RawClient.ConnectAsync(at);
            foreach (var message in messages)
            {
                await client.SendAsync(RawClient.Package(message));
                AssertAccepted(1, [await client.ReadReplyAsync()]);
            }

            await StopsAsync(run);
        }

        await using var kept = Open(_directory.Sub("spool"));
        Assert.Equal(messages.Select(message => Encoding.Latin1.GetString(RawClient.Package(message))), kept.GetWaiting().SelectMany(record => Packages(kept, record)));
    }

    [Fact]
    public async Task TheNullSilo_SaysYes_AndKeepsNothing()
    {
        var place = new SiloPlace(_directory);
        using (var process = ToolProcess.Start("dotnet", [Repository.BaselinesDll, "null", .. place.Arguments]))
        {
            using var admin = new HttpClient();
            await Within.Becomes(
                async () =>
                {
                    Assert.False(process.HasExited, process.Describe());
                    try
                    {
                        return (await admin.GetAsync($"{place.Admin}/healthz/ready")).IsSuccessStatusCode;
                    }
                    catch (HttpRequestException)
                    {
                        return false;
                    }
                },
                "the silo is ready");
            using var client = await RawClient.ConnectAsync(place.EndPoint);
            await client.SendAsync([.. RawClient.Package("a"), .. RawClient.Package("b")]);
            AssertAccepted(2, await client.ReadRepliesAsync(2));
            await process.TerminateAsync();
            Assert.Equal(0, (await process.ExitAsync()).ExitCode);
        }

        await using var spool = Open(Path.Combine(place.Data, "spool"));
        Assert.Empty(spool.GetWaiting());
    }

    private (Task<bool> Run, IPEndPoint At) Start(string kind, SpoolServer spool)
    {
        var server = new BareServer(AnyPort, kind == "frames" ? FramesServer.ConverseAsync : spool.ConverseAsync);
        return (server.RunAsync(_stop.Token), new IPEndPoint(IPAddress.Loopback, server.Port));
    }

    private async Task StopsAsync(Task<bool> run)
    {
        await _stop.CancelAsync();
        Assert.True(await Within.PatienceOf(run, "the server stops"), "a conversation failed");
    }

    private static void AssertAccepted(int count, IReadOnlyCollection<string> replies)
    {
        Assert.Equal(count, replies.Count);
        Assert.All(replies, reply => Assert.StartsWith("K2.0.0 ok ", reply));
    }

    private static MailSpool Open(string directory) =>
        MailSpool.Open(new SpoolOptions { Directory = directory }, new SpoolFiles(), TimeProvider.System, NullLogger<MailSpool>.Instance);

    private static List<string> Packages(MailSpool spool, SpoolRecordRef reference)
    {
        using var record = spool.Read(reference);
        return [.. Enumerable.Range(0, record.Count).Select(i => Encoding.Latin1.GetString(record.GetPackage(i).Span))];
    }
}
