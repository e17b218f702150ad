using System.Text;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Edge;

public sealed class SessionTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task PipelinedPackages_AreAnsweredInOrder_WhateverThePiecesTheyComeIn()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        var stream = Enumerable.Range(0, 300).SelectMany(i => i % 7 == 3
            ? Encoding.ASCII.GetBytes("0:,")
            : RawClient.Package($"Subject: {i}\n\n{new string('x', i * 17)}")).ToArray();
        var random = new Random(20260101);
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        var sending = Task.Run(async () =>
        {
            for (var at = 0; at < stream.Length;)
            {
                var piece = Math.Min(stream.Length - at, random.Next(1, 20_000));
                await client.SendAsync(stream[at..(at + piece)]);
                at += piece;
            }

            client.HalfClose();
        });

        var replies = await client.ReadToEndAsync();
        await sending;

        Assert.Equal(300, replies.Count);
        for (var i = 0; i < 300; i++)
        {
            Assert.Equal(i % 7 == 3 ? 'D' : 'K', replies[i][0]);
        }

        var ids = replies.Where(r => r[0] == 'K').ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public async Task ABatchSizeOfOne_Works()
    {
        await using var silo = await TestSilo.StartAsync(_directory, """ECStream_Listener { ECStream_Max_Batch_Size = 1 Listen "127.0.0.1:0" { } }""");
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync(Enumerable.Range(0, 50).SelectMany(i => RawClient.Package($"m{i}")).ToArray());

        var replies = await client.ReadRepliesAsync(50);

        Assert.All(replies, r => Assert.EndsWith("-0", r));
        Assert.Equal(50, Assert.Single((await silo.StatusAsync()).Peers).Batches);
    }

    [Fact]
    public async Task OneMessageAtATime_IsAnsweredWithoutWaitingForMore()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        for (var i = 0; i < 20; i++)
        {
            await client.SendAsync(RawClient.Package($"m{i}"));
            Assert.StartsWith("K", await client.ReadReplyAsync());
        }
    }

    [Fact]
    public async Task AMessageBiggerThanABatch_TravelsAlone()
    {
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => s.Limits.BatchBytes = 65_536);
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync([.. RawClient.Package("small"), .. RawClient.Package(new string('b', 5_000_000)), .. RawClient.Package("small")]);

        var replies = await client.ReadRepliesAsync(3);

        Assert.All(replies, r => Assert.StartsWith("K", r));
    }

    [Fact]
    public async Task IdleTime_ClosesTheIdle_NotTheTalking()
    {
        await using var silo = await TestSilo.StartAsync(_directory, """ECStream_Listener { ECStream_Idle_Time = 2 Listen "127.0.0.1:0" { } }""");
        using var talking = await RawClient.ConnectAsync(silo.EndPoint);
        using var idle = await RawClient.ConnectAsync(silo.EndPoint);
        var opened = TimeProvider.System.GetTimestamp();
        var closing = idle.ReadToEndAsync();
        while (!closing.IsCompleted)
        {
            await talking.SendAsync(RawClient.Package("still here"));
            Assert.StartsWith("K", await talking.ReadReplyAsync());
            await Task.WhenAny(closing, Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System));
        }

        Assert.Empty(await closing);
        Assert.True(TimeProvider.System.GetElapsedTime(opened) >= TimeSpan.FromSeconds(2), "closed before its time");
        await talking.SendAsync(RawClient.Package("still here"));
        Assert.StartsWith("K", await talking.ReadReplyAsync());
        await Within.Becomes(() => silo.Log.Has(LogLevel.Information, "ended: Idle while waiting for a package"), "the end is logged with its reason and place");
    }

    [Fact]
    public async Task WhileAReplyIsOwed_TheSessionIsNotIdle()
    {
        var spool = new HeldSpool();
        await using var silo = await TestSilo.StartAsync(
            _directory,
            """ECStream_Listener { ECStream_Idle_Time = 1 Listen "127.0.0.1:0" { } }""",
            services: s => s.AddSingleton<IBatchSpool>(spool));
        using var owed = await RawClient.ConnectAsync(silo.EndPoint);
        await owed.SendAsync(RawClient.Package("m"));
        using var idle = await RawClient.ConnectAsync(silo.EndPoint);

        // The idle one ends twice while the other is owed its reply.
        Assert.Empty(await idle.ReadToEndAsync());
        using var idleAgain = await RawClient.ConnectAsync(silo.EndPoint);
        Assert.Empty(await idleAgain.ReadToEndAsync());
        spool.Release();

        Assert.Equal("K2.0.0 ok test-1-0", await owed.ReadReplyAsync());
    }

    [Fact]
    public async Task APackageThatTricklesIn_IsCutOff_WithTheLimitNamed()
    {
        await using var silo = await TestSilo.StartAsync(_directory, settings: s =>
        {
            s.Limits.MinPackageBytesPerSecond = 1_000;
            s.Limits.MinRateGrace = TimeSpan.FromSeconds(1);
        });
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync(RawClient.Package("whole"));
        await client.SendAsync("50:3:abc,");
        var replies = await client.ReadToEndAsync();

        Assert.StartsWith("K", replies[0]);
        Assert.Equal("Z4.4.2 package slower than 1000 bytes/s over 1 s (Grid:Limits:MinPackageBytesPerSecond)", replies[1]);
    }

    [Fact]
    public async Task AClientThatDoesNotRead_StopsBeingRead_AndDelaysNobody()
    {
        await using var silo = await TestSilo.StartAsync(_directory, """ECStream_Listener { ECStream_Max_Batch_Size = 100 Listen "127.0.0.1:0" { } }""");
        using var deaf = await RawClient.ConnectAsync(silo.EndPoint);
        var packages = Enumerable.Range(0, 1_000).SelectMany(_ => RawClient.Package("m")).ToArray();
        using var stop = new CancellationTokenSource();
        var sending = Task.Run(async () =>
        {
            for (var sent = 0; sent < 5_000 && !stop.IsCancellationRequested; sent++)
            {
                await deaf.SendAsync(packages);
            }
        });

        // Five million messages do not fit into the socket's buffers with their replies unread: the sender comes to a halt.
        using var other = await RawClient.ConnectAsync(silo.EndPoint);
        var before = -1L;
        await Within.Becomes(
            async () =>
            {
                await other.SendAsync(RawClient.Package("unaffected"));
                Assert.StartsWith("K", await other.ReadReplyAsync());
                var accepted = (await silo.StatusAsync()).Sessions.MessagesAccepted;
                var stands = accepted - before <= 1;
                before = accepted;
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
                return stands && accepted > 1_000;
            },
            "the client that does not read stops being read");

        Assert.False(sending.IsCompleted);
        await stop.CancelAsync();
    }

    [Fact]
    public async Task AStoppingEdge_AnswersWhatItHasRead_AndCloses()
    {
        var spool = new HeldSpool();
        await using var silo = await TestSilo.StartAsync(_directory, services: s => s.AddSingleton<IBatchSpool>(spool));
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        using var idle = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync([.. RawClient.Package("m"), .. Encoding.ASCII.GetBytes("50:part")]);
        await spool.Appended;
        var stopping = silo.StopAsync();
        Assert.Empty(await idle.ReadToEndAsync());
        spool.Release();

        Assert.Equal("K2.0.0 ok test-1-0", Assert.Single(await client.ReadToEndAsync()));
        await Within.PatienceOf(stopping, "the silo stops");
        Assert.True(silo.Log.Has(LogLevel.Information, "ended: Drained"));
    }

    [Fact]
    public async Task ABatchWithoutAnAnswer_IsAskedForAgainUnderItsId_ThenDeferred()
    {
        var spool = new FailingSpool(failures: 2);
        await using var silo = await TestSilo.StartAsync(_directory, services: s => s.AddSingleton<IBatchSpool>(spool));
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync(RawClient.Package("m"));
        Assert.Equal("K2.0.0 ok test-1-0", await client.ReadReplyAsync());
        Assert.Equal(3, spool.Ids.Count);
        Assert.Single(spool.Ids.Distinct());

        spool.FailuresLeft = int.MaxValue;
        await client.SendAsync(RawClient.Package("m"));

        Assert.StartsWith("Z4.3.2 ", await client.ReadReplyAsync());
    }

    /// <summary>A spool that gives no answer so many times.</summary>
    private sealed class FailingSpool(int failures) : IBatchSpool
    {
        public List<BatchId> Ids { get; } = [];

        public int FailuresLeft { get; set; } = failures;

        public ValueTask<SpoolAnswer> AppendAsync(PeerId peer, MailBatch batch, CancellationToken cancellationToken)
        {
            lock (Ids)
            {
                Ids.Add(batch.Id);
                return FailuresLeft-- > 0 ? throw new TimeoutException("no answer") : new(new SpoolAnswer(IsDurable: true, "test", 1, null));
            }
        }
    }
}
