using System.Text;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Spool;

/// <summary>One batch to be made durable. Its memory belongs to the spool until the append's task completes.</summary>
public readonly struct SpoolBatch
{
    /// <summary>The most bytes of UTF-8 in <see cref="Peer"/>.</summary>
    public const int MaxPeerBytes = 64;

    /// <summary>The most bytes of UTF-8 in <see cref="Listener"/>.</summary>
    public const int MaxListenerBytes = 128;

    /// <summary>The batch's id: a second append under it is answered with the first one's record.</summary>
    public required BatchId Id { get; init; }

    /// <summary>The peer that injected the batch, at most <see cref="MaxPeerBytes"/> bytes of UTF-8.</summary>
    public required string Peer { get; init; }

    /// <summary>The address of the Listen scope that took the batch, at most <see cref="MaxListenerBytes"/> bytes of UTF-8.</summary>
    public required string Listener { get; init; }

    /// <summary>The packages one after another, exactly as they came.</summary>
    public required ReadOnlyMemory<byte> Packages { get; init; }

    /// <summary>Where each package ends in <see cref="Packages"/>; the last one ends where the packages end.</summary>
    public required ReadOnlyMemory<int> Ends { get; init; }

    /// <summary>
    /// The running CRC-32C over <see cref="Packages"/>, begun with 0 (<see cref="Crc32C"/>), if somebody has computed it while he had the octets at hand. Null: the
    /// spool computes it, which reads them once more.
    /// </summary>
    public uint? Checksum { get; init; }

    /// <summary>Of a copy: the number of the record in its owner's spool, which message ids go by. 0 for what is no copy.</summary>
    public long Origin { get; init; }

    /// <summary>When the batch was accepted; the default is now. A copy has its owner's.</summary>
    public DateTimeOffset AcceptedAt { get; init; }

    /// <summary>
    /// Learns the record's number while the record is being written. A record with one is durable like any other, but is handed out for delivery only by
    /// <see cref="MailSpool.HandOut"/>; <see cref="MailSpool.VoidAsync"/> takes it back. Null for most.
    /// </summary>
    public IAppendFollower? Follower { get; init; }

    /// <summary>Checks the shape: a batch that breaks it is a fault of the caller, not of the peer.</summary>
    internal void Validate()
    {
        if (Peer is null || Encoding.UTF8.GetByteCount(Peer) > MaxPeerBytes)
        {
            throw new ArgumentException($"The peer of batch {Id} is longer than {MaxPeerBytes} bytes of UTF-8, or missing.");
        }

        if (Listener is null || Encoding.UTF8.GetByteCount(Listener) > MaxListenerBytes)
        {
            throw new ArgumentException($"The listener of batch {Id} is longer than {MaxListenerBytes} bytes of UTF-8, or missing.");
        }

        var previous = 0;
        foreach (var end in Ends.Span)
        {
            if (end < previous)
            {
                throw new ArgumentException($"The package ends of batch {Id} go backwards, from {previous} to {end}.");
            }

            previous = end;
        }

        if (Ends.IsEmpty || previous != Packages.Length)
        {
            throw new ArgumentException($"Batch {Id} has {Ends.Length} packages that end at {previous} of {Packages.Length} bytes.");
        }
    }
}
