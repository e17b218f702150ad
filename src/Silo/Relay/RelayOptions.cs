using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Silo.Relay;

/// <summary>The limits of the relay, <c>Grid:Relay</c>.</summary>
internal sealed class RelayOptions
{
    /// <summary>Connections kept to the gateway, or files written at once into a Maildir. Range: 1 to 1,000. Default: 4, more than one slow reply can block.</summary>
    public int Connections { get; set; } = 4;

    /// <summary>Octets read from the spool and not yet answered by the gateway. Range: 1 MiB to 16 GiB. Default: 67,108,864.</summary>
    public long MaxBytesUnderWay { get; set; } = 67_108_864;

    /// <summary>Octets sent on one connection before their replies are awaited. Range: 64 KiB to 1 GiB. Default: 4,194,304, beyond what a network path holds.</summary>
    public long WindowBytes { get; set; } = 4_194_304;

    /// <summary>How long a gateway may take for a reply. Range: 1 s to 1 h. Default: 5 min, as RFC 5321 4.5.3.2 grants the steps of a transaction.</summary>
    public TimeSpan ReplyTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>A connection without work is closed after this time. Range: 1 s to 1 h. Default: 30 s, well below the idle times of gateways.</summary>
    public TimeSpan IdleTime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The wait before a message's second attempt, and before the second attempt to connect; it doubles from there. Range: 10 ms to 1 day. Default: 5 s.</summary>
    public TimeSpan RetryMin { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest wait between two attempts. Range: <see cref="RetryMin"/> to 1 day. Default: 10 min.</summary>
    public TimeSpan RetryMax { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>A message that has waited this long is kept as expired. Range: 1 s to 30 days. Default: 1 day, Momentum's Message_Expiration.</summary>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long a stopping relay waits for replies under way; what has none by then is delivered again. Range: 0 s to 10 min. Default: 5 s.</summary>
    public TimeSpan DrainTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>What is wrong with the values: one sentence a fault.</summary>
    public IEnumerable<string> Validate()
    {
        return new[]
        {
            Check(nameof(Connections), Connections, 1, 1_000),
            Check(nameof(MaxBytesUnderWay), MaxBytesUnderWay, 1 << 20, 16L << 30),
            Check(nameof(WindowBytes), WindowBytes, 65_536, 1 << 30),
            Check(nameof(ReplyTimeout), ReplyTimeout.TotalSeconds, 1, 3_600),
            Check(nameof(IdleTime), IdleTime.TotalSeconds, 1, 3_600),
            Check(nameof(RetryMin), RetryMin.TotalSeconds, 0.01, 86_400),
            Check(nameof(RetryMax), RetryMax.TotalSeconds, RetryMin.TotalSeconds, 86_400),
            Check(nameof(MaxAge), MaxAge.TotalSeconds, 1, 30 * 86_400),
            Check(nameof(DrainTime), DrainTime.TotalSeconds, 0, 600),
        }.OfType<string>();
    }

    /// <summary>The wait before the attempt that follows so many failed ones.</summary>
    public TimeSpan DelayAfter(int failures) =>
        TimeSpan.FromTicks((long)Math.Min(RetryMax.Ticks, RetryMin.Ticks * Math.Pow(2, Math.Clamp(failures - 1, 0, 40))));

    private static string? Check(string name, double value, double min, double max) => SettingRange.Check($"Grid:Relay:{name}", value, min, max);
}
