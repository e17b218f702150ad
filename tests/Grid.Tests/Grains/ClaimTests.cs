using System.Collections.Concurrent;
using System.Net;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Silo.Spooling;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Grains;

/// <summary>Leave for batches whose payload goes elsewhere: a claim is judged as the batch would be.</summary>
public sealed class ClaimTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly Guid _session = Guid.NewGuid();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ClaimsAndBatches_ShareOneRate_AndAClaimAskedForAgain_TakesNothingTwice_NorDoesItsBatchWhole()
    {
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => s.Limits.MaxMessagesPerSecondPerPeer = 1);
        var grain = silo.Grains.GetGrain<IPeerGrain>("10.0.0.1");
        var edge = silo.Grains.CreateObjectReference<IEdgeObserver>(new Deaf());
        await grain.OpenSessionAsync(new SessionRequest(_session, "127.0.0.1:0", "test"), edge, default);

        // A thousand messages at one a second: the bucket is empty for longer than the test runs.
        var first = await grain.AdmitAsync(Claim(1, 1_000, Own(silo)), default);
        var batch = await grain.AcceptAsync(PeerGrainTests.Batch(new BatchId(_session, 2), 5), default);
        var claim = await grain.AdmitAsync(Claim(3, 5, Own(silo)), default);

        Assert.Equal((BatchStatus.Accepted, null, true), (first.Status, first.SpoolId, first.IsSessionKnown));
        Assert.True(first.Pause > TimeSpan.Zero);
        Assert.Equal((BatchStatus.Deferred, "MaxMessagesPerSecondPerPeer"), (batch.Status, batch.Limit));
        Assert.Equal((BatchStatus.Deferred, "MaxMessagesPerSecondPerPeer"), (claim.Status, claim.Limit));
        Assert.StartsWith("4.3.2 too many messages of peer 10.0.0.1: ", claim.Text);
        Assert.Equal(BatchStatus.Accepted, (await grain.AdmitAsync(Claim(1, 1_000, Own(silo)), default)).Status);
        Assert.Equal(0, (await silo.StatusAsync()).Spool.MessagesWaiting);
        Assert.Equal(BatchStatus.Accepted, (await grain.AcceptAsync(PeerGrainTests.Batch(new BatchId(_session, 1), 1_000), default)).Status);
        Assert.Equal(1_000, (await silo.StatusAsync()).Spool.MessagesWaiting);
    }

    [Fact]
    public async Task TheAnswer_SaysWhetherTheGrainIsElsewhere_AndLeaveIsNotCounted_ButWhatWasTakenByIt()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        var grain = silo.Grains.GetGrain<IPeerGrain>("10.0.0.1");
        var other = SiloAddress.New(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 11_111), 1);

        var elsewhere = await grain.AdmitAsync(Claim(1, 7, other), default);
        var here = await grain.AdmitAsync(Claim(2, 7, Own(silo)), default);
        var batch = await grain.AcceptAsync(PeerGrainTests.Batch(new BatchId(_session, 3), 2), default);

        Assert.Equal((true, false, false), (elsewhere.IsElsewhere, here.IsElsewhere, batch.IsElsewhere));
        Assert.Equal((1, 2), await CountsAsync(grain));
        await grain.AdmitAsync(Claim(4, 1, other) with { TakenBatches = 2, TakenMessages = 14 }, default);
        Assert.Equal((3, 16), await CountsAsync(grain));
    }

    [Fact]
    public async Task APeerThatIsNotAdmitted_GetsNoLeave()
    {
        await using var silo = await TestSilo.StartAsync(_directory);

        var verdict = await silo.Grains.GetGrain<IPeerGrain>("192.0.2.7").AdmitAsync(Claim(1, 1, Own(silo)), default);

        Assert.Equal((BatchStatus.Deferred, AdmissionOptions.Limit, false), (verdict.Status, verdict.Limit, verdict.IsSessionKnown));
        Assert.StartsWith("4.7.1 peer 192.0.2.7 is not admitted", verdict.Text);
    }

    [Fact]
    public async Task AnAppendInDoubt_IsAskedForAgain_UnderTheLeaveThatWasGiven_AndIsThereOnce()
    {
        var calls = new Calls();
        await using var silo = await TestSilo.StartAsync(_directory, services: s => s
            .AddSingleton<IIncomingGrainCallFilter>(calls)
            .AddSingleton<IBatchSpool>(p => new PeerGrainTests.ForgetfulSpool(p.GetRequiredService<SpoolHost>())));
        var traffic = new PeerTraffic(PeerId.From(IPAddress.Parse("10.0.0.1")), TimeProvider.System) { IsGrainElsewhere = true };
        var batch = PeerGrainTests.Batch(new BatchId(_session, 1), 3);

        var (verdict, isDecided) = await silo.Services.GetRequiredService<BatchForwarder>().ForwardAsync(silo.Grains.GetGrain<IPeerGrain>("10.0.0.1"), traffic, batch, reopen: null);

        Assert.Equal((BatchStatus.Accepted, true), (verdict.Status, isDecided));
        Assert.Equal([nameof(IPeerGrain.AdmitAsync)], calls.Batches);
        Assert.Equal(3, (await silo.StatusAsync()).Spool.MessagesWaiting);
        var next = traffic.Claim(batch, Own(silo));
        Assert.Equal((1, 3), (next.TakenBatches, next.TakenMessages));
    }

    [Fact]
    public async Task WhileTheSpoolWrites_TheBookTakesTheSessionForIdle_AndTheEdgeDoesNotCloseIt()
    {
        var (spool, calls) = (new HeldSpool(), new Calls());
        await using var silo = await TestSilo.StartAsync(
            _directory, """ECStream_Listener { ECStream_Idle_Time = 1 Listen "127.0.0.1:0" { } }""", services: s => s.AddSingleton<IBatchSpool>(spool).AddSingleton<IIncomingGrainCallFilter>(calls));
        silo.Services.GetRequiredService<SessionRegistry>().TrafficOf(PeerId.From(IPAddress.Loopback)).IsGrainElsewhere = true;
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync(RawClient.Package("slow"));
        await spool.Appended;

        await Within.PatienceOf(calls.ActivityReported.Task, "the grain orders the session closed, and the edge says that it is not idle");
        spool.Release();

        Assert.StartsWith("K", await client.ReadReplyAsync());
        Assert.False(silo.Log.Has(LogLevel.Information, "ended: Idle"));
        Assert.Equal([nameof(IPeerGrain.AdmitAsync)], calls.Batches);
    }

    private BatchClaim Claim(long sequence, int messages, SiloAddress enteredAt) =>
        new(_session, sequence, "127.0.0.1:0", messages, messages * 100, enteredAt, TakenBatches: 0, TakenMessages: 0);

    private static SiloAddress Own(TestSilo silo) => silo.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    private static async Task<(long Batches, long Messages)> CountsAsync(IPeerGrain grain)
    {
        var book = await grain.GetBookAsync(default);
        return (book.Batches, book.Messages);
    }

    /// <summary>What edges called.</summary>
    private sealed class Calls : IIncomingGrainCallFilter
    {
        public ConcurrentQueue<string> Batches { get; } = new();

        public TaskCompletionSource ActivityReported { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Invoke(IIncomingGrainCallContext context)
        {
            if (context.MethodName is nameof(IPeerGrain.AdmitAsync) or nameof(IPeerGrain.AcceptAsync))
            {
                Batches.Enqueue(context.MethodName);
            }

            if (context.MethodName == nameof(IPeerGrain.ReportActivityAsync))
            {
                ActivityReported.TrySetResult();
            }

            return context.Invoke();
        }
    }

    private sealed class Deaf : IEdgeObserver
    {
        public ValueTask CloseIdleAsync(string peer, Guid session, TimeSpan idleTime) => default;
    }
}
