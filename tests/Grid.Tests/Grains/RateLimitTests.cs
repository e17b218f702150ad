using CsCheck;
using EcStreamOrleans.Grains;

namespace EcStreamOrleans.Grid.Tests.Grains;

public class RateLimitTests
{
    private static readonly Gen<(long Rate, (long Gap, long Amount)[] Asks)> Cases =
        from rate in Gen.Frequency((1, Gen.Long[1, 10]), (1, Gen.Long[11, 100_000]), (1, Gen.Long[100_001, 1L << 40]))
        from asks in Gen.Select(
            Gen.Frequency((1, Gen.Const(0L)), (2, Gen.Long[1, TimeSpan.TicksPerSecond / 10]), (1, Gen.Long[1, 3 * TimeSpan.TicksPerSecond])),
            Gen.Frequency((3, Gen.Long[1, Math.Max(1, rate / 5)]), (1, Gen.Long[1, Math.Min(3 * rate, 64 << 20)]))).Array[0, 60]
        select (rate, asks);

    [Fact]
    public void OverAnyWindow_NoMoreThanTheRate_AndOneSecondsWorth() => Cases.Sample(c =>
    {
        var given = Run(c.Rate, c.Asks);
        for (var first = 0; first < given.Count; first++)
        {
            Int128 sum = 0;
            var biggest = c.Rate;
            for (var last = first; last < given.Count; last++)
            {
                sum += given[last].Amount;
                biggest = Math.Max(biggest, given[last].Amount);

                // In tokens times ticks: exact.
                var window = (Int128)(given[last].At - given[first].At).Ticks;
                Assert.True((sum - biggest) * TimeSpan.TicksPerSecond <= window * c.Rate, $"{sum} in {window} ticks at {c.Rate}/s");
            }
        }
    });

    [Fact]
    public void WhatIsRefused_TakesNothing() => Cases.Sample(c =>
    {
        var given = Run(c.Rate, c.Asks);
        var only = new RateLimit(c.Rate);
        foreach (var (at, amount) in given)
        {
            Assert.Equal(TimeSpan.Zero, only.WaitFor(amount, at));
            only.Take(amount, at);
        }
    });

    [Fact]
    public void TheWait_IsJustLongEnough_AndTheRateSeen_IsAboveTheLimitIfThereIsOne() => Cases.Sample(c =>
    {
        var limit = new RateLimit(c.Rate);
        var now = TimeSpan.Zero;
        foreach (var (gap, amount) in c.Asks)
        {
            now += TimeSpan.FromTicks(gap);
            var wait = limit.WaitFor(amount, now);
            if (wait > TimeSpan.Zero)
            {
                Assert.True(limit.RateWith(amount, now) > c.Rate);
                Assert.NotEqual(TimeSpan.Zero, limit.WaitFor(amount, now + wait - TimeSpan.FromTicks(1)));
                now += wait;
            }

            Assert.Equal(TimeSpan.Zero, limit.WaitFor(amount, now));
            limit.Take(amount, now);
        }
    });

    [Fact]
    public void WhatIsBiggerThanTheBucket_PassesWhenItIsFull_AndIsPaidOff()
    {
        var limit = new RateLimit(100);
        Assert.Equal(TimeSpan.Zero, limit.WaitFor(500, TimeSpan.Zero));
        limit.Take(500, TimeSpan.Zero);

        Assert.Equal(TimeSpan.FromSeconds(4.01), limit.WaitFor(1, TimeSpan.Zero));
        Assert.Equal(TimeSpan.FromSeconds(5), limit.WaitFor(500, TimeSpan.Zero));
    }

    [Fact]
    public void ABatch_PassesBothRates_OrTakesFromNeither()
    {
        var rates = new PeerRates("10.0.0.1", new PeerLimits(0, MaxMessagesPerSecond: 10, MaxBytesPerSecond: 1_000));
        Assert.Null(rates.Take(4, 800, TimeSpan.Zero));

        var tooBig = Assert.NotNull(rates.Take(4, 300, TimeSpan.Zero));
        Assert.Equal(
            (BatchStatus.Deferred, "4.3.2 too many bytes of peer 10.0.0.1: 1100 bytes/s > 1000 bytes/s (Grid:Limits:MaxBytesPerSecondPerPeer)", "MaxBytesPerSecondPerPeer"),
            (tooBig.Status, tooBig.Text, tooBig.Limit));
        var tooMany = Assert.NotNull(rates.Take(7, 100, TimeSpan.Zero));
        Assert.Equal("4.3.2 too many messages of peer 10.0.0.1: 11/s > 10/s (Grid:Limits:MaxMessagesPerSecondPerPeer)", tooMany.Text);
        Assert.Null(rates.Take(6, 200, TimeSpan.Zero));
    }

    [Fact]
    public void ThePause_IsTheTimeUntilTheScarcerBucket_IsHalfFull()
    {
        var rates = new PeerRates("unix", new PeerLimits(0, MaxMessagesPerSecond: 10, MaxBytesPerSecond: 1_000));
        Assert.Null(rates.Take(5, 100, TimeSpan.Zero));
        Assert.Equal(TimeSpan.Zero, rates.Pause(TimeSpan.Zero));
        Assert.Null(rates.Take(1, 700, TimeSpan.Zero));
        Assert.Equal(TimeSpan.FromSeconds(0.3), rates.Pause(TimeSpan.Zero));
        Assert.Null(rates.Take(4, 100, TimeSpan.Zero));
        Assert.Equal(TimeSpan.FromSeconds(0.5), rates.Pause(TimeSpan.Zero));
        Assert.Equal(TimeSpan.FromSeconds(0.1), rates.Pause(TimeSpan.FromSeconds(0.4)));
        Assert.Equal(TimeSpan.Zero, rates.Pause(TimeSpan.FromSeconds(0.5)));
    }

    [Fact]
    public void WithoutALimit_EverythingPasses()
    {
        var rates = new PeerRates("unix", new PeerLimits(0, 0, 0));

        Assert.False(rates.IsLimited);
        Assert.Null(rates.Take(int.MaxValue, long.MaxValue, TimeSpan.Zero));
        Assert.Equal(TimeSpan.Zero, rates.Pause(TimeSpan.Zero));
    }

    [Fact]
    public void TheLastSequences_AreRemembered() => Gen.Long[1, 200].Array[0, 100].Sample(added =>
    {
        var recent = default(RecentSequences);
        var all = new HashSet<long>();
        foreach (var sequence in added)
        {
            recent.Add(sequence);
            all.Add(sequence);
            var highest = all.Max();
            for (var asked = 1L; asked <= 210; asked++)
            {
                Assert.Equal(asked > highest - 64 && all.Contains(asked), recent.Contains(asked));
            }
        }
    });

    private static List<(TimeSpan At, long Amount)> Run(long rate, (long Gap, long Amount)[] asks)
    {
        var limit = new RateLimit(rate);
        var now = TimeSpan.Zero;
        var given = new List<(TimeSpan, long)>();
        foreach (var (gap, amount) in asks)
        {
            now += TimeSpan.FromTicks(gap);
            if (limit.WaitFor(amount, now) == TimeSpan.Zero)
            {
                limit.Take(amount, now);
                given.Add((now, amount));
            }
        }

        return given;
    }
}
