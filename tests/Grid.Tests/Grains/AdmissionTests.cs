using EcStreamOrleans.Grains;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace EcStreamOrleans.Grid.Tests.Grains;

public sealed class AdmissionTests : IDisposable
{
    private const string Conf = """
        ECStream_Listener {
          Listen "127.0.0.1:0" { Peer "192.0.2.8" { } }
          Peer "198.51.100.0/24" { ECStream_Idle_Time = 60 }
        }
        """;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.9.9.9", true)]
    [InlineData("::1", true)]
    [InlineData("unix", true)]
    [InlineData("198.51.100.7", true)]
    [InlineData("192.0.2.8", true)]
    [InlineData("192.0.2.7", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("::", false)]
    public async Task LocalAndListedPeers_AreAdmitted(string peer, bool isAdmitted)
    {
        await using var silo = await TestSilo.StartAsync(_directory, Conf);
        var grain = silo.Grains.GetGrain<IPeerGrain>(peer);

        var answer = await OpenAsync(silo, grain);

        Assert.Equal(isAdmitted, answer is SessionOpened);
        if (answer is SessionRefused refused)
        {
            Assert.Equal("Admission", refused.Limit);
            Assert.Equal(
                $"4.7.1 peer {peer} is not admitted: no Peer scope matches it; Peer \"{peer}\" {{ }} in ECStream_Listener admits it, Grid:Admission:AllowUnlisted everyone",
                refused.Text);
            Assert.Empty((await grain.GetBookAsync(default)).Sessions);
        }
    }

    [Fact]
    public async Task ABatch_WithoutASession_IsJudgedToo()
    {
        await using var silo = await TestSilo.StartAsync(_directory, Conf);

        var refused = await silo.Grains.GetGrain<IPeerGrain>("192.0.2.7").AcceptAsync(PeerGrainTests.Batch(new BatchId(Guid.NewGuid(), 1), 1), default);
        var taken = await silo.Grains.GetGrain<IPeerGrain>("198.51.100.7").AcceptAsync(PeerGrainTests.Batch(new BatchId(Guid.NewGuid(), 1), 1), default);

        Assert.Equal((BatchStatus.Deferred, "Admission"), (refused.Status, refused.Limit));
        Assert.StartsWith("4.7.1 peer 192.0.2.7 is not admitted", refused.Text);
        Assert.Equal(BatchStatus.Accepted, taken.Status);
        Assert.Equal(1, (await silo.StatusAsync()).Spool.MessagesWaiting);
    }

    [Fact]
    public async Task AnOverride_AdmitsItsPeer()
    {
        await using var silo = await TestSilo.StartAsync(_directory, Conf);
        var grain = silo.Grains.GetGrain<IPeerGrain>("192.0.2.7");
        Assert.IsType<SessionRefused>(await OpenAsync(silo, grain));

        await PolicyTests.CommitAsync(silo, 0, ("", "192.0.2.7", new PeerOverride { IdleTime = TimeSpan.FromSeconds(30) }));
        await Within.Becomes(() => silo.Services.GetRequiredService<LivePolicy>().Overrides.Version == 1, "the override is known");

        Assert.IsType<SessionOpened>(await OpenAsync(silo, grain));
    }

    [Fact]
    public async Task AllowUnlisted_AdmitsEveryone()
    {
        await using var silo = await TestSilo.StartAsync(_directory, Conf, s => s.Admission.AllowUnlisted = true);

        Assert.IsType<SessionOpened>(await OpenAsync(silo, silo.Grains.GetGrain<IPeerGrain>("192.0.2.7")));
    }

    private static async Task<SessionAnswer> OpenAsync(TestSilo silo, IPeerGrain grain)
    {
        var edge = new Deaf();
        var answer = await grain.OpenSessionAsync(
            new SessionRequest(Guid.NewGuid(), "127.0.0.1:0", "test"), silo.Grains.CreateObjectReference<IEdgeObserver>(edge), default);
        GC.KeepAlive(edge);
        return answer;
    }

    private sealed class Deaf : IEdgeObserver
    {
        public ValueTask CloseIdleAsync(string peer, Guid session, TimeSpan idleTime) => default;
    }
}
