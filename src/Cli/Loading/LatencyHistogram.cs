using System.Numerics;

namespace EcStreamOrleans.Cli.Loading;

/// <summary>
/// Latencies in microseconds, counted in buckets that grow with the value: 32 to each doubling, so a quantile is at most
/// about 3 % too high. Its size is fixed, whatever is measured.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 5;
    private const int SubBuckets = 1 << SubBucketBits;

    // Up to 2^40 µs, which is twelve days.
    private const int MaxBits = 40;

    private readonly long[] _counts = new long[(MaxBits - SubBucketBits + 1) * SubBuckets];
    private long _count;
    private long _max;

    public double MaxMilliseconds => _max / 1_000.0;

    public void Add(TimeSpan latency)
    {
        var value = Math.Clamp((long)latency.TotalMicroseconds, 0, (1L << MaxBits) - 1);
        var exponent = Math.Max(0, BitOperations.Log2((ulong)value) - SubBucketBits);
        _counts[(exponent * SubBuckets) + (int)(value >> exponent)]++;
        _count++;
        _max = Math.Max(_max, value);
    }

    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        _count += other._count;
        _max = Math.Max(_max, other._max);
    }

    /// <summary>The latency that the given part of all replies did not exceed; 0 when there were none.</summary>
    public double QuantileMilliseconds(double quantile)
    {
        var rank = (long)Math.Ceiling(quantile * _count);
        for (var (i, seen) = (0, 0L); i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank && seen > 0)
            {
                var exponent = Math.Max(0, (i / SubBuckets) - 1);
                var top = ((i - (exponent * SubBuckets) + 1L) << exponent) - 1;
                return Math.Min(top, _max) / 1_000.0;
            }
        }

        return 0;
    }
}
