using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Silo.Relay;

namespace EcStreamOrleans.Grid.Tests.Relay;

/// <summary>The relay's waits go by a clock that nobody sets.</summary>
public sealed class WaitTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly JumpingClock _clock = new();

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task ARetry_IsDueBehindItsWait_WhereverTheWallClockIsSet(int hours)
    {
        var retries = new RetryQueue(_clock);
        retries.Add(new Retry(null!, default, Failures: 1, Messages: 3), TimeSpan.FromSeconds(10));
        _clock.Shift = hours * Hour;
        var next = retries.NextAsync(default);
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.False(next.IsCompleted, "the retry is not due yet");
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(3, (await Within.PatienceOf(next, "the retry is due")).Messages);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task AGatewayThatIsAway_IsTriedBehindItsWait_WhereverTheWallClockIsSet(int hours)
    {
        var backOff = new RelayBackOff(new RelayOptions { RetryMin = TimeSpan.FromSeconds(10), RetryMax = TimeSpan.FromSeconds(10) }, _clock);
        Assert.True(backOff.Failed("away"));
        _clock.Shift = hours * Hour;
        var wait = backOff.WaitAsync(default);
        Assert.False(wait.IsCompleted, "the gateway is not tried yet");
        _clock.Advance(TimeSpan.FromSeconds(20));

        await Within.PatienceOf(wait, "the gateway is tried");
    }
}
