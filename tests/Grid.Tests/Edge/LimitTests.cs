using EcStreamOrleans.Edge;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grid.Tests.Grains;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Edge;

/// <summary>Who is over a limit is told so, package by package, and costs the others nothing.</summary>
public sealed class LimitTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ASessionTooManyOfAPeer_IsAnsweredZ_PackageByPackage_AndThePlaceComesFreeAgain()
    {
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => s.Limits.MaxSessionsPerPeer = 2);
        const string Refusal = "Z4.3.2 too many sessions of peer 127.0.0.1: 3 > 2 (Grid:Limits:MaxSessionsPerPeer)";
        var first = await OpenedAsync(silo);
        using var second = await OpenedAsync(silo);
        using var third = await RawClient.ConnectAsync(silo.EndPoint);
        await third.SendAsync([.. RawClient.Package("one"), .. "0:,"u8, .. RawClient.Package(new string('b', 2_000_000)), .. RawClient.Package("cut")[..^1]]);
        Assert.All(await third.ReadRepliesAsync(3), r => Assert.Equal(Refusal, r));

        // The last package's reply comes behind its last octet.
        await third.SendAsync(",");
        third.HalfClose();
        Assert.Equal([Refusal], await third.ReadToEndAsync());

        await Within.Becomes(() => silo.Log.Has(LogLevel.Information, $": {Refusal[1..]}; 4 messages answered Z"), "the end is logged with its reason");
        Assert.Equal(2, (await BookAsync(silo)).Sessions.Count);
        var peer = Assert.Single((await silo.StatusAsync()).Peers);
        Assert.Equal((2L, 4L, 0L), (peer.MessagesAccepted, peer.MessagesDeferred, peer.MessagesRejected));
        await silo.HasMetricAsync("ecstream_edge_sessions_refused_total", "MaxSessionsPerPeer", 1);
        await silo.HasMetricAsync("ecstream_edge_refusals_total", "MaxSessionsPerPeer", 4);
        await silo.HasMetricAsync("ecstream_edge_sessions_closed_total", "Refused", 1);

        first.Dispose();
        await Within.Becomes(async () => (await BookAsync(silo)).Sessions.Count == 1, "the closed session leaves the book");
        using var fourth = await OpenedAsync(silo);
    }

    [Fact]
    public async Task ASessionTooManyOfTheEdge_IsAnsweredZ_WithoutTheGridBeingAsked()
    {
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => s.Limits.MaxSessions = 1);
        var first = await OpenedAsync(silo);
        using (var second = await RawClient.ConnectAsync(silo.EndPoint))
        {
            await second.SendAsync(RawClient.Package("one"));
            Assert.Equal("Z4.3.2 too many sessions on this edge: 2 > 1 (Grid:Limits:MaxSessions)", await second.ReadReplyAsync());
            Assert.Single((await BookAsync(silo)).Sessions);
            await silo.HasMetricAsync("ecstream_edge_sessions_refused_total", "MaxSessions", 1);
        }

        first.Dispose();
        await Within.Becomes(async () => (await silo.StatusAsync()).Sessions.Active == 0, "both sessions end");
        using var third = await OpenedAsync(silo);
    }

    [Fact]
    public async Task ARefusedSession_IsNotHeldForEver_WhateverItsClientDoes()
    {
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => s.Limits.MaxSessionsPerPeer = 1);
        using var first = await OpenedAsync(silo);
        using var silent = await RawClient.ConnectAsync(silo.EndPoint);
        using var inside = await RawClient.ConnectAsync(silo.EndPoint);
        await inside.SendAsync([.. RawClient.Package("whole"), .. "50:part"u8]);

        Assert.Empty(await silent.ReadToEndAsync());
        Assert.StartsWith("Z4.3.2 too many sessions", Assert.Single(await inside.ReadToEndAsync()));
        await Within.Becomes(async () => (await silo.StatusAsync()).Sessions.Active == 1, "the refused sessions end");
        await first.SendAsync(RawClient.Package("unaffected"));
        Assert.StartsWith("K", await first.ReadReplyAsync());
    }

    [Fact]
    public async Task ASessionThatItsGrainHasLost_ComesBack_ThoughItsPlaceIsTaken()
    {
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => s.Limits.MaxSessionsPerPeer = 1);
        using var lost = await OpenedAsync(silo);
        await silo.Grains.GetGrain<IPeerGrain>("127.0.0.1").CloseSessionAsync((await BookAsync(silo)).Sessions.Single().Session, default);
        using var other = await OpenedAsync(silo);

        await lost.SendAsync(RawClient.Package("opens it again"));
        Assert.StartsWith("K", await lost.ReadReplyAsync());
        await lost.SendAsync(RawClient.Package("and again"));
        Assert.StartsWith("K", await lost.ReadReplyAsync());
        Assert.Equal(2, (await BookAsync(silo)).Sessions.Count);
    }

    [Fact]
    public async Task ASessionThatTheGridLearnsOfLate_IsRefusedFromThere_WithWhatItGaveBeforeKept()
    {
        var filter = new FirstOpenFails();
        await using var silo = await TestSilo.StartAsync(
            _directory,
            settings: s => s.Limits.MaxSessionsPerPeer = 1,
            services: s => s.AddSingleton<IIncomingGrainCallFilter>(filter));
        using var late = await RawClient.ConnectAsync(silo.EndPoint);
        await Within.PatienceOf(filter.Failed.Task, "the first session is not opened");
        using var other = await OpenedAsync(silo);

        await late.SendAsync(RawClient.Package("taken, and opens the session"));
        Assert.StartsWith("K", await late.ReadReplyAsync());
        await late.SendAsync([.. RawClient.Package("over the limit"), .. "0:,"u8]);
        Assert.All(await late.ReadRepliesAsync(2), r => Assert.StartsWith("Z4.3.2 too many sessions of peer 127.0.0.1: 2 > 1 ", r));
        late.HalfClose();
        Assert.Empty(await late.ReadToEndAsync());
        Assert.Single((await BookAsync(silo)).Sessions);
    }

    [Fact]
    public async Task APipeliningInjector_IsSlowedDown_NotDeferred()
    {
        await using var silo = await TestSilo.StartAsync(_directory, settings: s =>
        {
            s.Limits.MaxMessagesPerSecondPerPeer = 100;
            s.Limits.MaxBytesPerSecondPerPeer = 50_000;
        });
        using var client = await RawClient.ConnectAsync(silo.EndPoint);

        // Two and a half times what the peer may send in a second.
        await client.SendAsync(Enumerable.Range(0, 250).SelectMany(_ => RawClient.Package("m")).ToArray());

        Assert.All(await client.ReadRepliesAsync(250), r => Assert.StartsWith("K", r));
    }

    [Fact]
    public void Seats_AreCounted_AndThoseTurnedAwayApart()
    {
        var seats = new SessionSeats(2);
        Assert.True(seats.TryTake(out _));
        Assert.True(seats.TryTake(out _));
        Assert.False(seats.TryTake(out var wouldBe));
        Assert.Equal(3, wouldBe);
        for (var i = 0; i < SessionSeats.MaxRefused; i++)
        {
            Assert.True(seats.TryRefuse());
        }

        Assert.False(seats.TryRefuse());
        seats.LeaveRefused();
        Assert.True(seats.TryRefuse());
        seats.Leave();
        Assert.True(seats.TryTake(out wouldBe));
        Assert.Equal(2, wouldBe);
    }

    [Fact]
    public async Task Probes_ThatOpenAndClose_LockNobodyOut()
    {
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => s.Limits.MaxSessionsPerPeer = 3);
        for (var i = 0; i < 40; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async n =>
            {
                var probe = await RawClient.ConnectAsync(silo.EndPoint);
                if (n % 2 == 0)
                {
                    probe.Reset();
                }
                else
                {
                    probe.Dispose();
                }
            }));
        }

        await Within.Becomes(async () => await silo.StatusAsync() is { Sessions: { Active: 0, Total: >= 200 } }, "the probes' sessions end");
        await Within.Becomes(async () => (await BookAsync(silo)).Sessions.Count == 0, "the book is empty");
        using var first = await OpenedAsync(silo);
        using var second = await OpenedAsync(silo);
        using var third = await OpenedAsync(silo);
    }

    [Fact]
    public async Task MessagesOverThePeersRate_AreAnsweredZ_AndCounted()
    {
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => s.Limits.MaxMessagesPerSecondPerPeer = 1);

        // Another edge has used the peer's rate up for a while: a thousand messages at one a second.
        var elsewhere = await silo.Grains.GetGrain<IPeerGrain>("127.0.0.1").AcceptAsync(PeerGrainTests.Batch(new BatchId(Guid.NewGuid(), 1), 1_000), default);
        Assert.Equal(BatchStatus.Accepted, elsewhere.Status);
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync([.. RawClient.Package("one"), .. RawClient.Package("two"), .. "0:,"u8, .. RawClient.Package("three")]);
        var replies = await client.ReadRepliesAsync(4);

        Assert.StartsWith("D5.5.2 ", replies[2]);
        Assert.All(replies.Where((_, i) => i != 2), r => Assert.Matches(@"^Z4\.3\.2 too many messages of peer 127\.0\.0\.1: [0-9]+/s > 1/s \(Grid:Limits:MaxMessagesPerSecondPerPeer\)$", r));
        var peer = Assert.Single((await silo.StatusAsync()).Peers);
        Assert.Equal((0L, 3L, 1L), (peer.MessagesAccepted, peer.MessagesDeferred, peer.MessagesRejected));
        await silo.HasMetricAsync("ecstream_edge_refusals_total", "MaxMessagesPerSecondPerPeer", 3);
    }

    private static async Task<RawClient> OpenedAsync(TestSilo silo)
    {
        var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync(RawClient.Package("opens"));
        Assert.StartsWith("K", await client.ReadReplyAsync());
        return client;
    }

    private static async Task<PeerBook> BookAsync(TestSilo silo) => await silo.Grains.GetGrain<IPeerGrain>("127.0.0.1").GetBookAsync(default);

    // The exporter answers from a cache that it renews when it has aged.
    /// <summary>The first session finds its grain away.</summary>
    private sealed class FirstOpenFails : IIncomingGrainCallFilter
    {
        private int _opens;

        public TaskCompletionSource Failed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Invoke(IIncomingGrainCallContext context)
        {
            if (context.MethodName == nameof(IPeerGrain.OpenSessionAsync) && Interlocked.Increment(ref _opens) == 1)
            {
                Failed.SetResult();
                throw new TimeoutException("the grain is away");
            }

            return context.Invoke();
        }
    }
}
