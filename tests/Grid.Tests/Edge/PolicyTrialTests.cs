using EcStreamOrleans.Edge.Facts;
using EcStreamOrleans.Grains.Nodes;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace EcStreamOrleans.Grid.Tests.Edge;

public sealed class PolicyTrialTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly GridConfiguration File =
        ConfigurationLoader.Parse("ECStream_Listener { ECStream_Max_Batch_Size = 100 ECStream_Idle_Time = 60 Listen \":1825\" { } }", "f").Configuration!;

    private readonly FakeTimeProvider _clock = new(Noon);

    [Fact]
    public void ASmallerBatchSize_CutsTheBatchesAboveIt()
    {
        TrafficFact[] facts = [Batch("10.0.0.1", 100), Batch("10.0.0.1", 50), Batch("10.0.0.1", 51), Batch("10.0.0.2", 100)];

        var trial = Assert.Single(Try(facts, "10.0.0.1", new PeerOverride { MaxBatchSize = 50 }));

        Assert.Equal(("10.0.0.1", 3, 2, 0), (trial.Peer, trial.Batches, trial.BatchesSmaller, trial.BatchesLarger));
    }

    [Fact]
    public void ALargerBatchSize_MattersToTheBatchesThatWereFull()
    {
        var trial = Assert.Single(Try([Batch("10.0.0.1", 100), Batch("10.0.0.1", 99)], "10.0.0.0/8", new PeerOverride { MaxBatchSize = 500 }));

        Assert.Equal((0, 1), (trial.BatchesSmaller, trial.BatchesLarger));
    }

    [Fact]
    public void AShorterIdleTime_EndsASession_OnceForAllItsSilences()
    {
        TrafficFact[] facts = [Batch("10.0.0.1", 1, session: 1, silence: 30), Batch("10.0.0.1", 1, session: 1, silence: 40), Batch("10.0.0.1", 1, session: 2, silence: 9)];

        Assert.Equal(1, Assert.Single(Try(facts, "10.0.0.1", new PeerOverride { IdleTime = TimeSpan.FromSeconds(10) })).SessionsClosedEarlier);
    }

    [Fact]
    public void ALongerIdleTime_KeepsTheSessionsThatWereClosed()
    {
        TrafficFact[] facts = [Batch("10.0.0.1", 0, silence: 60), Batch("10.0.0.2", 0, silence: 60)];

        Assert.Equal(1, Assert.Single(Try(facts, "10.0.0.1", new PeerOverride { IdleTime = TimeSpan.FromSeconds(90) })).SessionsKeptLonger);
    }

    [Fact]
    public void ASuspension_PutsEverythingOff_AndWhatChangesNothing_ChangesNothing()
    {
        TrafficFact[] facts = [Batch("10.0.0.1", 7), Batch("10.0.0.1", 8)];

        Assert.Equal(15, Assert.Single(Try(facts, "10.0.0.1", new PeerOverride { Suspended = true })).MessagesRefused);
        Assert.Empty(Try(facts, "10.0.0.1", new PeerOverride { MaxBatchSize = 100 }));
        Assert.Empty(Try(facts, "10.0.0.1", new PeerOverride { MaxBatchSize = 90 }));
        Assert.Empty(Try(facts, "10.9.0.0/16", new PeerOverride { MaxBatchSize = 1 }));
    }

    [Fact]
    public void TooMany_AndTooOld_AreForgotten()
    {
        var facts = new TrafficFacts(new FactsOptions { MaxBatches = 10_000, MaxAge = TimeSpan.FromHours(1) }, _clock);
        for (var i = 1; i <= 30_000; i++)
        {
            facts.Add(Batch("10.0.0.1", i) with { Instant = _clock.GetUtcNow() });
        }

        // Whole blocks of 4,096: two of them are what fits.
        var kept = facts.Snapshot();
        Assert.InRange(kept.Count, 4_096, 10_000);
        Assert.Equal(Enumerable.Range(30_001 - kept.Count, kept.Count), kept.Select(f => f.Messages));

        _clock.Advance(TimeSpan.FromMinutes(61));
        Assert.Empty(facts.Snapshot());
        facts.Add(Batch("10.0.0.1", 1) with { Instant = _clock.GetUtcNow() });
        Assert.Single(facts.Snapshot());
    }

    [Fact]
    public void SwitchedOff_NothingIsRemembered()
    {
        var facts = new TrafficFacts(new FactsOptions { MaxBatches = 0 }, _clock);
        facts.Add(Batch("10.0.0.1", 1));
        Assert.Empty(facts.Snapshot());
    }

    private static IReadOnlyList<PeerTrial> Try(TrafficFact[] facts, string block, PeerOverride value)
    {
        Assert.True(PeerScope.TryParse("", block, out var scope, out _));
        return PolicyTrial.Run(facts, File, OverrideSet.Empty, OverrideSet.Empty.With(1, [KeyValuePair.Create(scope, value)]));
    }

    private static TrafficFact Batch(string peer, int messages, int session = 1, int silence = 0)
    {
        Assert.True(PeerId.TryParse(peer, out var id));
        return new TrafficFact(Noon, id, ":1825", new Guid(session, 0, 0, new byte[8]), messages, messages * 100, TimeSpan.FromSeconds(silence));
    }
}
