using EcStreamOrleans.Grains;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Edge;

/// <summary>
/// The limits of the grid, <c>Grid:Limits</c>: an edge's own, and those of a peer over all edges. None of them is an option of
/// a Peer scope; every refusal by one of them names it.
/// </summary>
public sealed class EdgeOptions
{
    /// <summary>
    /// Sessions open on this edge; one more is answered <c>Z</c>. Range: 1 to 1,000,000. Default: 20,000, a third of the 65,536
    /// file descriptors that a service commonly gets.
    /// </summary>
    public int MaxSessions { get; set; } = 20_000;

    /// <summary>
    /// Sessions of a peer open on all edges; one more is answered <c>Z</c>. 0 switches it off. Range: 0 to 1,000,000. Default: 1,000:
    /// far above what a pipelining injector needs, and no peer alone fills an edge.
    /// </summary>
    public int MaxSessionsPerPeer { get; set; } = 1_000;

    /// <summary>
    /// Messages a second of a peer on all edges, with a burst of one second's worth: sessions that near it are read more
    /// slowly, what is over it is answered <c>Z</c>. 0 switches it off. Range: 0 to 1,000,000,000. Default: 0, since peers take
    /// turns before the spool already: a rate is a decision on a peer's share that only the operator can make.
    /// </summary>
    public long MaxMessagesPerSecondPerPeer { get; set; }

    /// <summary>
    /// Octets of packages a second of a peer on all edges, likewise. 0 switches it off. Range: 0 to 1 TiB. Default: 0, for the
    /// reason of <see cref="MaxMessagesPerSecondPerPeer"/>.
    /// </summary>
    public long MaxBytesPerSecondPerPeer { get; set; }

    /// <summary>Octets in a package, message and envelope. Range: 1 KiB to 64 MiB, below what a grain call may carry. Default: 33,554,432 (32 MiB), above what mail servers commonly take.</summary>
    public int MaxPackageBytes { get; set; } = 33_554_432;

    /// <summary>Recipients of a package. Range: 1 to 1,000,000. Default: 1,000, as many as common servers take in one transaction.</summary>
    public int MaxRecipients { get; set; } = 1_000;

    /// <summary>Octets in an address. Range: 64 to 65,536. Default: 512, twice what RFC 5321 4.5.3.1.3 lets a path have.</summary>
    public int MaxAddressBytes { get; set; } = 512;

    /// <summary>Octets in a batch; a bigger package travels alone. Range: 4 KiB to 16 MiB. Default: 1,048,576, where throughput stops growing with size.</summary>
    public int BatchBytes { get; set; } = 1_048_576;

    /// <summary>
    /// Octets in a batch while other peers send, too. Range: 4 KiB to 16 MiB. Default: 65,536: about a hundred microseconds of one core, for which
    /// the others wait.
    /// </summary>
    public int SharedBatchBytes { get; set; } = 65_536;

    /// <summary>Batches of one connection under way at once. Range: 1 to 64. Default: 4, enough to keep reading while the disk flushes.</summary>
    public int BatchesUnderWay { get; set; } = 4;

    /// <summary>
    /// Octets of one connection under way at once; a bigger single package may exceed it alone. Range: 64 KiB to 1 GiB.
    /// Default: 4,194,304, <see cref="BatchesUnderWay"/> full batches.
    /// </summary>
    public long BytesUnderWayPerConnection { get; set; } = 4_194_304;

    /// <summary>
    /// Octets of all connections under way at once: beyond it the edge stops reading, since calls to grains have no
    /// back-pressure of their own. Range: 1 MiB to 64 GiB. Default: 268,435,456.
    /// </summary>
    public long BytesUnderWayPerEdge { get; set; } = 268_435_456;

    /// <summary>
    /// The slowest that a package under way may come in, octets a second; slower, its connection is cut off. 0 switches it off.
    /// Range: 0 to 1 GiB. Default: 240, as HTTP servers ask of a request's body.
    /// </summary>
    public double MinPackageBytesPerSecond { get; set; } = 240;

    /// <summary>How long a package may be slower before it counts. Range: 1 s to 1 h. Default: 5 s, a lost segment's retransmissions.</summary>
    public TimeSpan MinRateGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often a batch whose outcome is unknown is asked for again, under the same id, before its messages are answered
    /// <c>Z</c>. Range: 0 to 10. Default: 2.
    /// </summary>
    public int BatchRetries { get; set; } = 2;

    /// <summary>How long a stopping edge finishes what it has read. Range: 0 s to 10 min. Default: 20 s: all retries of a call and their replies.</summary>
    public TimeSpan DrainTime { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long PROXY header and TLS handshake may take together. Range: 1 s to 5 min. Default: 10 s: a dozen round trips of the farthest client and
    /// two lost segments; whoever takes longer holds memory that no session counts.
    /// </summary>
    public TimeSpan HandshakeTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The limits that concern a single package.</summary>
    public FramingLimits Framing => new(MaxPackageBytes, MaxRecipients, MaxAddressBytes);

    /// <summary>The limits that a peer's grain holds it to.</summary>
    public PeerLimits Peer => new(MaxSessionsPerPeer, MaxMessagesPerSecondPerPeer, MaxBytesPerSecondPerPeer);

    /// <summary>Messages in a batch: a hundredth of what its peer may send in a second, so that many sessions can share the rate.</summary>
    internal int BatchMessageCap => MaxMessagesPerSecondPerPeer == 0 ? int.MaxValue : (int)Math.Clamp(MaxMessagesPerSecondPerPeer / 100, 1, int.MaxValue);

    /// <summary><see cref="BatchBytes"/>, or a hundredth of what the batch's peer may send in a second.</summary>
    internal int BatchByteCap => MaxBytesPerSecondPerPeer == 0 ? BatchBytes : (int)Math.Clamp(MaxBytesPerSecondPerPeer / 100, 1, BatchBytes);

    /// <summary>The same while other peers send, too.</summary>
    internal int SharedBatchByteCap => Math.Min(BatchByteCap, SharedBatchBytes);

    /// <summary><see cref="BatchesUnderWay"/>, or one where there is a rate: a verdict's pause is to come before the next batch.</summary>
    internal int BatchWindow => MaxMessagesPerSecondPerPeer == 0 && MaxBytesPerSecondPerPeer == 0 ? BatchesUnderWay : 1;

    /// <summary>What is wrong with the values: one sentence a fault, naming the setting, the value and the range.</summary>
    public IEnumerable<string> Validate()
    {
        return new[]
        {
            Check(nameof(MaxSessions), MaxSessions, 1, 1_000_000),
            Check(nameof(MaxSessionsPerPeer), MaxSessionsPerPeer, 0, 1_000_000),
            Check(nameof(MaxMessagesPerSecondPerPeer), MaxMessagesPerSecondPerPeer, 0, 1_000_000_000),
            Check(nameof(MaxBytesPerSecondPerPeer), MaxBytesPerSecondPerPeer, 0, 1L << 40),
            Check(nameof(MaxPackageBytes), MaxPackageBytes, 1_024, 64 << 20),
            Check(nameof(MaxRecipients), MaxRecipients, 1, 1_000_000),
            Check(nameof(MaxAddressBytes), MaxAddressBytes, 64, 65_536),
            Check(nameof(BatchBytes), BatchBytes, 4_096, 16 << 20),
            Check(nameof(SharedBatchBytes), SharedBatchBytes, 4_096, 16 << 20),
            Check(nameof(BatchesUnderWay), BatchesUnderWay, 1, 64),
            Check(nameof(BytesUnderWayPerConnection), BytesUnderWayPerConnection, 65_536, 1 << 30),
            Check(nameof(BytesUnderWayPerEdge), BytesUnderWayPerEdge, 1 << 20, 64L << 30),
            Check(nameof(MinPackageBytesPerSecond), MinPackageBytesPerSecond, 0, 1 << 30),
            Check(nameof(MinRateGrace), MinRateGrace.TotalSeconds, 1, 3_600),
            Check(nameof(BatchRetries), BatchRetries, 0, 10),
            Check(nameof(DrainTime), DrainTime.TotalSeconds, 0, 600),
            Check(nameof(HandshakeTime), HandshakeTime.TotalSeconds, 1, 300),
        }.OfType<string>();
    }

    private static string? Check(string name, double value, double min, double max) => SettingRange.Check($"Grid:Limits:{name}", value, min, max);
}
