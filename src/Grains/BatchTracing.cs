using System.Buffers.Binary;
using System.Diagnostics;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Grains;

/// <summary>Which batches are traced, <c>Grid:Tracing</c>.</summary>
public sealed class TracingOptions
{
    /// <summary>Where spans are sent by OTLP over HTTP, <c>http://COLLECTOR:4318/v1/traces</c>. Default: none, and nothing is traced.</summary>
    public string? Endpoint { get; set; }

    /// <summary>
    /// The part of all batches that is traced. All nodes need the same: each decides by the batch's id, so that a batch is traced on its whole way or not
    /// at all. Range: 0 to 1. Default: 0.001, a few spans a second from a busy node.
    /// </summary>
    public double SampleRatio { get; set; } = 0.001;

    /// <summary>What is wrong with the settings: a sentence a fault.</summary>
    public IEnumerable<string> Validate()
    {
        if (Endpoint is not null && !(Uri.TryCreate(Endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            yield return $"Grid:Tracing:Endpoint = {Endpoint}: must be a URL of the form http://COLLECTOR:4318/v1/traces.";
        }

        if (SampleRatio is not (>= 0 and <= 1))
        {
            yield return $"Grid:Tracing:SampleRatio = {SampleRatio}: must be from 0 to 1.";
        }
    }
}

/// <summary>
/// Spans of batches. A trace is named by the batch's id, which every node and the spool have: it goes with no call and in no record, and holds from the
/// edge to a delivery behind a restart.
/// </summary>
/// <param name="options">Which.</param>
public sealed class BatchTracing(TracingOptions options)
{
    /// <summary>The name of the source of the spans.</summary>
    public const string SourceName = "EcStreamOrleans";

    private static readonly ActivitySource Source = new(SourceName);

    // Of the upper 32 bits of the hash: those below it are traced.
    private readonly ulong _threshold = options.Endpoint is null ? 0 : (ulong)(options.SampleRatio * (1UL << 32));

    /// <summary>Whether nothing is traced at all.</summary>
    public bool IsOff => _threshold == 0;

    /// <summary>Begins a span; whoever began it ends it.</summary>
    /// <param name="name">What happens.</param>
    /// <param name="batch">To which batch.</param>
    /// <param name="kind">In which role.</param>
    /// <returns>Null for a batch that is not traced.</returns>
    public Activity? Start(string name, BatchId batch, ActivityKind kind = ActivityKind.Internal)
    {
        if (_threshold == 0)
        {
            return null;
        }

        var (high, low) = Hash(batch);
        if (high >> 32 >= _threshold)
        {
            return null;
        }

        Span<byte> octets = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(octets, high);
        BinaryPrimitives.WriteUInt64BigEndian(octets[8..], low);
        var trace = ActivityTraceId.CreateFromBytes(octets);

        // Inside one process spans lie in one another; between processes only the trace is common.
        var parent = Activity.Current is { } current && current.TraceId == trace ? current.Context : new ActivityContext(trace, default, ActivityTraceFlags.Recorded);
        return Source.StartActivity(name, kind, parent)?.SetTag("ecstream.batch", batch.ToString());
    }

    // Ids are random in the session and count up in the sequence: both have to reach every bit.
    private static (ulong High, ulong Low) Hash(BatchId batch)
    {
        Span<byte> octets = stackalloc byte[BatchId.SizeInBytes];
        batch.WriteTo(octets);
        var high = Mix(BinaryPrimitives.ReadUInt64LittleEndian(octets) ^ (ulong)batch.Sequence);
        return (high, Mix(BinaryPrimitives.ReadUInt64LittleEndian(octets[8..]) + high) | 1);
    }

    // The last steps of MurmurHash3.
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 33)) * 0xff51afd7ed558ccd;
        value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53;
        return value ^ (value >> 33);
    }
}
