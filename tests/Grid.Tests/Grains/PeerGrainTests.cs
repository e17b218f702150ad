using System.Buffers;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Silo.Spooling;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Grains;

public sealed class PeerGrainTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task TheSameBatchTwice_IsThereOnce_WithOneAnswer()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        var grain = silo.Grains.GetGrain<IPeerGrain>("10.0.0.1");
        var id = new BatchId(Guid.NewGuid(), 1);

        var first = await grain.AcceptAsync(Batch(id, 3), default);
        var again = await grain.AcceptAsync(Batch(id, 3), default);
        var atOnce = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => grain.AcceptAsync(Batch(new BatchId(id.Session, 2), 1), default).AsTask()));

        Assert.Equal(first.RecordNumber, again.RecordNumber);
        Assert.Single(atOnce.Select(v => v.RecordNumber).Distinct());
        Assert.Equal(4, (await silo.StatusAsync()).Spool.MessagesWaiting);
    }

    [Fact]
    public async Task ABatch_WhoseAnswerIsLost_IsThereOnce()
    {
        await using var silo = await TestSilo.StartAsync(
            _directory,
            services: s => s.AddSingleton<IBatchSpool>(p => new ForgetfulSpool(p.GetRequiredService<SpoolHost>())));
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync([.. RawClient.Package("one"), .. RawClient.Package("two")]);

        Assert.All(await client.ReadRepliesAsync(2), r => Assert.StartsWith("K", r));
        Assert.Equal(2, (await silo.StatusAsync()).Spool.MessagesWaiting);
    }

    [Fact]
    public async Task AConnectionThatIsCut_BeforeItsReplies_LosesNothing_AndItsBatchIsThereOnce()
    {
        var gate = new GatedSpool();
        await using var silo = await TestSilo.StartAsync(_directory, services: s => s.AddSingleton<IBatchSpool>(p =>
        {
            gate.Inner = p.GetRequiredService<SpoolHost>();
            return gate;
        }));
        var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync(RawClient.Package("unanswered"));
        await Within.PatienceOf(gate.Arrived.Task, "the batch reaches the spool");
        client.Reset();
        gate.Open.SetResult();

        await Within.Becomes(async () => (await silo.StatusAsync()).Sessions.Active == 0, "the session ends");
        Assert.Equal(1, (await silo.StatusAsync()).Spool.MessagesWaiting);
    }

    [Fact]
    public async Task AClockSetBack_DoesNotKeepASessionFromBeingIdle_AndTheBookTellsTheTimeThatItIs()
    {
        var clock = new ShiftedClock();
        await using var silo = await TestSilo.StartAsync(
            _directory,
            """ECStream_Listener { ECStream_Idle_Time = 1 Peer "10.0.0.9" { } Listen "127.0.0.1:0" { } }""",
            services: s => s.AddSingleton<TimeProvider>(clock));
        var grain = silo.Grains.GetGrain<IPeerGrain>("10.0.0.9");
        var edge = new Listening();
        await grain.OpenSessionAsync(new SessionRequest(Guid.NewGuid(), "127.0.0.1:0", "test"), silo.Grains.CreateObjectReference<IEdgeObserver>(edge), default);

        clock.Shift = TimeSpan.FromHours(-1);

        Assert.InRange((await grain.GetBookAsync(default)).LastActivity!.Value, clock.GetUtcNow() - TimeSpan.FromMinutes(5), clock.GetUtcNow());
        await Within.PatienceOf(edge.Ordered.Task, "the grain orders the session closed");
        GC.KeepAlive(edge);
    }

    [Fact]
    public async Task TheGrain_TellsTheEdge_ToCloseWhatIsIdleByItsBook()
    {
        await using var silo = await TestSilo.StartAsync(_directory, """ECStream_Listener { ECStream_Idle_Time = 1 Peer "10.0.0.9" { } Listen "127.0.0.1:0" { } }""");
        var grain = silo.Grains.GetGrain<IPeerGrain>("10.0.0.9");
        var edge = new Listening();
        var session = Guid.NewGuid();
        var answer = await grain.OpenSessionAsync(new SessionRequest(session, "127.0.0.1:0", "test"), silo.Grains.CreateObjectReference<IEdgeObserver>(edge), default);
        Assert.Equal(new SessionOpened(PolicyVersion: 0), answer);

        var order = await Within.PatienceOf(edge.Ordered.Task, "the grain orders the session closed");

        Assert.Equal(("10.0.0.9", session, TimeSpan.FromSeconds(1)), order);
        await grain.CloseSessionAsync(session, default);
        Assert.Empty((await grain.GetBookAsync(default)).Sessions);
        GC.KeepAlive(edge);
    }

    [Fact]
    public async Task APeerScope_OfTheFile_EndsTheSessionOfAClient()
    {
        await using var silo = await TestSilo.StartAsync(
            _directory, """ECStream_Listener { Listen "127.0.0.1:0" { } Peer "127.0.0.0/8" { ECStream_Idle_Time = 1 } }""");
        using var client = await RawClient.ConnectAsync(silo.EndPoint);

        Assert.Empty(await client.ReadToEndAsync());
        await Within.Becomes(() => silo.Log.Has(LogLevel.Information, "ended: Idle"), "the session ends by the idle time of the Peer scope");
    }

    [Fact]
    public async Task TheBook_HasTheSessions()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        var grain = silo.Grains.GetGrain<IPeerGrain>("127.0.0.1");
        using (var client = await RawClient.ConnectAsync(silo.EndPoint))
        {
            await client.SendAsync([.. RawClient.Package("one"), .. RawClient.Package("two")]);
            await client.ReadRepliesAsync(2);
            var book = await grain.GetBookAsync(default);
            Assert.Equal("127.0.0.1:0", Assert.Single(book.Sessions).Listen);
            Assert.Equal(2, book.Messages);
        }

        await Within.Becomes(async () => (await grain.GetBookAsync(default)).Sessions.Count == 0, "the session leaves the book");
    }

    [Fact]
    public async Task AKeyThatIsNoPeer_IsRefused()
    {
        await using var silo = await TestSilo.StartAsync(_directory);

        await Assert.ThrowsAnyAsync<Exception>(async () => await silo.Grains.GetGrain<IPeerGrain>("10.0.0.0/33").GetScopeAsync(default));
    }

    internal static MailBatch Batch(BatchId id, int messages)
    {
        var packages = ArrayPool<byte>.Shared.Rent(messages * 100);
        var ends = ArrayPool<int>.Shared.Rent(messages);
        var length = 0;
        for (var i = 0; i < messages; i++)
        {
            var package = RawClient.Package($"message {i}");
            package.CopyTo(packages, length);
            ends[i] = length += package.Length;
        }

        return new MailBatch(id, "127.0.0.1:0", packages, length, ends, messages);
    }

    /// <summary>Appends, and loses its first answer.</summary>
    internal sealed class ForgetfulSpool(IBatchSpool inner) : IBatchSpool
    {
        private int _calls;

        public async ValueTask<SpoolAnswer> AppendAsync(PeerId peer, MailBatch batch, CancellationToken cancellationToken)
        {
            var answer = await inner.AppendAsync(peer, batch, cancellationToken);
            return Interlocked.Increment(ref _calls) == 1 ? throw new TimeoutException("the answer is lost") : answer;
        }
    }

    private sealed class GatedSpool : IBatchSpool
    {
        public TaskCompletionSource Arrived { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Open { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IBatchSpool Inner { get; set; } = null!;

        public async ValueTask<SpoolAnswer> AppendAsync(PeerId peer, MailBatch batch, CancellationToken cancellationToken)
        {
            Arrived.TrySetResult();
            await Open.Task;
            return await Inner.AppendAsync(peer, batch, cancellationToken);
        }
    }

    private sealed class Listening : IEdgeObserver
    {
        public TaskCompletionSource<(string Peer, Guid Session, TimeSpan IdleTime)> Ordered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ValueTask CloseIdleAsync(string peer, Guid session, TimeSpan idleTime)
        {
            Ordered.TrySetResult((peer, session, idleTime));
            return default;
        }
    }
}
