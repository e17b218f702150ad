using EcStreamOrleans.Grains;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Grid.Tests.Grains;

/// <summary>The limits that a peer's grain holds it to.</summary>
public sealed class PeerLimitTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly Deaf _edge = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ASessionTooMany_IsRefused_AndInNoBook()
    {
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => s.Limits.MaxSessionsPerPeer = 2);
        var (first, second, third) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        Assert.IsType<SessionOpened>(await OpenAsync(silo, first));
        Assert.IsType<SessionOpened>(await OpenAsync(silo, second));

        Assert.Equal(
            new SessionRefused("4.3.2 too many sessions of peer 10.0.0.1: 3 > 2 (Grid:Limits:MaxSessionsPerPeer)", "MaxSessionsPerPeer"),
            await OpenAsync(silo, third));

        Assert.Equal(new HashSet<Guid> { first, second }, await BookAsync(silo));
        await Peer(silo).CloseSessionAsync(first, default);
        Assert.IsType<SessionOpened>(await OpenAsync(silo, third));
        Assert.Equal(new HashSet<Guid> { second, third }, await BookAsync(silo));
        GC.KeepAlive(_edge);
    }

    [Fact]
    public async Task ASessionThatIsInTheBook_OrWasBeforeTheBookWasLost_IsNotRefused()
    {
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => s.Limits.MaxSessionsPerPeer = 1);
        var (first, before) = (Guid.NewGuid(), Guid.NewGuid());
        await OpenAsync(silo, first);

        Assert.IsType<SessionOpened>(await OpenAsync(silo, first));
        Assert.Equal(new HashSet<Guid> { first }, await BookAsync(silo));
        Assert.IsType<SessionOpened>(await OpenAsync(silo, before, wasOpened: true));
        Assert.Equal(new HashSet<Guid> { first, before }, await BookAsync(silo));
        Assert.IsType<SessionRefused>(await OpenAsync(silo, Guid.NewGuid()));
    }

    [Fact]
    public async Task NoLimit_IsNoLimit()
    {
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => s.Limits.MaxSessionsPerPeer = 0);
        for (var i = 0; i < 50; i++)
        {
            Assert.IsType<SessionOpened>(await OpenAsync(silo, Guid.NewGuid()));
        }
    }

    [Fact]
    public async Task ABatchOverTheRate_IsDeferredWhole_AndABatchThatPassed_IsNotWeighedAgain()
    {
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => s.Limits.MaxMessagesPerSecondPerPeer = 1);
        var session = Guid.NewGuid();
        await OpenAsync(silo, session);

        // A thousand messages at one a second: the bucket is empty for longer than the test runs.
        var first = await Peer(silo).AcceptAsync(PeerGrainTests.Batch(new BatchId(session, 1), 1_000), default);
        var second = await Peer(silo).AcceptAsync(PeerGrainTests.Batch(new BatchId(session, 2), 5), default);
        var again = await Peer(silo).AcceptAsync(PeerGrainTests.Batch(new BatchId(session, 1), 1_000), default);

        Assert.Equal(BatchStatus.Accepted, first.Status);
        Assert.Equal((BatchStatus.Deferred, "MaxMessagesPerSecondPerPeer", true), (second.Status, second.Limit, second.IsSessionKnown));
        Assert.Matches(@"^4\.3\.2 too many messages of peer 10\.0\.0\.1: [0-9]+/s > 1/s \(Grid:Limits:MaxMessagesPerSecondPerPeer\)$", second.Text);
        Assert.True(first.Pause > TimeSpan.Zero);
        Assert.True(second.Pause > TimeSpan.Zero);
        Assert.Equal((BatchStatus.Accepted, first.RecordNumber), (again.Status, again.RecordNumber));
        Assert.Equal(1_000, (await silo.StatusAsync()).Spool.MessagesWaiting);
    }

    private static IPeerGrain Peer(TestSilo silo) => silo.Grains.GetGrain<IPeerGrain>("10.0.0.1");

    private static async Task<HashSet<Guid>> BookAsync(TestSilo silo) => [.. (await Peer(silo).GetBookAsync(default)).Sessions.Select(s => s.Session)];

    private async Task<SessionAnswer> OpenAsync(TestSilo silo, Guid session, bool wasOpened = false) =>
        await Peer(silo).OpenSessionAsync(
            new SessionRequest(session, "127.0.0.1:0", "test", wasOpened),
            silo.Grains.CreateObjectReference<IEdgeObserver>(_edge),
            default);

    private sealed class Deaf : IEdgeObserver
    {
        public ValueTask CloseIdleAsync(string peer, Guid session, TimeSpan idleTime) => default;
    }
}
