using System.Net;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

public sealed class OverrideSetTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly GridConfiguration File = ConfigurationLoader.Parse("ECStream_Listener { Listen \":1825\" { } }", "f").Configuration!;

    [Fact]
    public void WhatHasEnded_IsGone_OptionByOption()
    {
        var set = Set(("10.0.0.1", new PeerOverride { IdleTime = TimeSpan.FromSeconds(5), IdleTimeUntil = Now, MaxBatchSize = 7, MaxBatchSizeUntil = Now.AddHours(1) }));
        Assert.Equal(Now, set.NextExpiry);
        Assert.Same(set, set.At(Now.AddTicks(-1), out var none));
        Assert.Empty(none);

        var later = set.At(Now, out var ended);

        Assert.Equal([Scope("10.0.0.1")], ended);
        Assert.Equal(new PeerOverride { MaxBatchSize = 7, MaxBatchSizeUntil = Now.AddHours(1) }, later.Get(Scope("10.0.0.1")));
        Assert.Equal(Now.AddHours(1), later.NextExpiry);
        Assert.Equal(0, later.At(Now.AddHours(1), out _).Count);
        Assert.Equal(1, later.Version);
    }

    [Fact]
    public void AnotherValue_TakesItsEndWithIt()
    {
        var set = Set(("10.0.0.1", new PeerOverride { MaxBatchSize = 7, MaxBatchSizeUntil = Now }))
            .With(2, [KeyValuePair.Create(Scope("10.0.0.1"), new PeerOverride { MaxBatchSize = 8 })]);

        Assert.Null(set.NextExpiry);
        Assert.Equal(8, set.At(Now.AddYears(1), out _).Get(Scope("10.0.0.1")).MaxBatchSize);
    }

    [Fact]
    public void ASuspension_IsTakenFromTheLongestPrefixThatSaysAnything()
    {
        var set = Set(
            ("10.0.0.0/8", new PeerOverride { Suspended = true, SuspendedReason = "abuse" }),
            ("10.1.0.0/16", new PeerOverride { Suspended = false }),
            ("10.1.1.0/24", new PeerOverride { MaxBatchSize = 1 }));

        Assert.Equal(new Effective<string>("abuse", "ECStream_Listener::Peer:10.0.0.0/8: (override)"), Evaluate(set, "10.0.0.1").Suspension);
        Assert.Null(Evaluate(set, "10.1.1.1").Suspension);
        Assert.Null(Evaluate(set, "11.0.0.1").Suspension);
        Assert.False(Admits(set, "10.0.0.1"));
        Assert.True(Admits(set, "10.1.1.1"));
    }

    [Fact]
    public void AnEarlierSet_StaysWhatItWas()
    {
        var first = Set(("10.0.0.1", new PeerOverride { MaxBatchSize = 1 }), ("10.0.0.2", new PeerOverride { MaxBatchSize = 2 }));
        var second = first.With(2, [KeyValuePair.Create(Scope("10.0.0.1"), PeerOverride.None)]);

        Assert.Equal((1, 10_000), (Evaluate(first, "10.0.0.1").MaxBatchSize.Value, Evaluate(second, "10.0.0.1").MaxBatchSize.Value));
        Assert.Equal((2, 1), (first.Count, second.Count));
        Assert.Equal([(Scope("10.0.0.2"), 2)], second.Entries.Select(e => (e.Key, e.Value.MaxBatchSize!.Value)));
    }

    [Theory]
    [InlineData("[::ffff:10.0.0.1]", "10.0.0.1")]
    [InlineData("10.0.0.9/8", "10.0.0.0/8")]
    [InlineData("2001:0db8::0/32", "2001:db8::/32")]
    public void AScope_HasOneSpelling(string block, string canonical)
    {
        Assert.True(PeerScope.TryParse("*:1825", block, out var scope, out _));
        Assert.True(PeerScope.TryParse(":1825", canonical, out var other, out _));
        Assert.Equal(other, scope);
        Assert.Equal(canonical, scope.Block.ToString());
    }

    [Theory]
    [InlineData("::1", "10.0.0.1", "put IPv6 in brackets")]
    [InlineData("", "10.0.0", "unable to parse Peer 10.0.0")]
    [InlineData(null, "unix", "unable to parse Peer unix")]
    public void WhatIsNoScope_IsNamed(string? listen, string block, string expected)
    {
        Assert.False(PeerScope.TryParse(listen, block, out _, out var error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void ValuesOutOfRange_AreAllNamed()
    {
        var faults = new PeerOverride { IdleTime = TimeSpan.FromMilliseconds(1500), MaxBatchSize = 0 }.Validate().ToArray();
        Assert.Equal(2, faults.Length);
        Assert.Contains("from 1 to 86400 (seconds), found '1.5'", faults[0], StringComparison.Ordinal);
        Assert.Empty(new PeerOverride { IdleTime = TimeSpan.FromSeconds(1), MaxBatchSize = 1 }.Validate());
    }

    [Fact]
    public void ManyScopes_AreFound_EachByItsOwnAddress()
    {
        var set = OverrideSet.Empty.With(1, Enumerable.Range(0, 100_000).Select(i =>
            KeyValuePair.Create(Scope($"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}"), new PeerOverride { MaxBatchSize = i + 1 })));

        Assert.Equal(100_000, set.Count);
        Assert.Equal(65_793, Evaluate(set, "10.1.1.0").MaxBatchSize.Value);

        // The result, and nothing for looking it up.
        Assert.InRange(Allocations.Of(EvaluateOften), 0, 1_000 * 160);

        void EvaluateOften()
        {
            for (var i = 0; i < 1_000; i++)
            {
                Evaluate(set, Peer);
            }
        }
    }

    private static readonly PeerId Peer = PeerId.From(IPAddress.Parse("10.1.1.1"));

    private static EffectivePolicy Evaluate(OverrideSet set, string peer) => Evaluate(set, PeerId.From(IPAddress.Parse(peer)));

    private static EffectivePolicy Evaluate(OverrideSet set, PeerId peer) => PolicyEvaluator.Evaluate(File, set, ":1825", peer);

    private static bool Admits(OverrideSet set, string peer) => PolicyEvaluator.MatchesPeerScope(File, set, ":1825", PeerId.From(IPAddress.Parse(peer)));

    private static PeerScope Scope(string block)
    {
        Assert.True(PeerScope.TryParse(null, block, out var scope, out var error), error);
        return scope;
    }

    private static OverrideSet Set(params (string Block, PeerOverride Value)[] values) =>
        OverrideSet.Empty.With(1, values.Select(v => KeyValuePair.Create(Scope(v.Block), v.Value)));
}
