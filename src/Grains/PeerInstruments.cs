using System.Diagnostics.Metrics;

namespace EcStreamOrleans.Grains;

/// <summary>The metrics of the peers' grains on this silo, under the meter <see cref="MeterName"/>.</summary>
public sealed class PeerInstruments
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "EcStreamOrleans.Peers";

    private readonly Counter<long> _bytes;
    private readonly Counter<long> _claims;
    private readonly Counter<long> _moves;

    /// <summary>Makes the instruments.</summary>
    /// <param name="meters">Where meters come from.</param>
    public PeerInstruments(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = meters.Create(MeterName);
        _bytes = meter.CreateCounter<long>("ecstream.peers.handed", "By", "Octets of batches that the grains here were handed or asked leave for, by the silos that these go through: 1, or 2 where they entered at another and came here.");
        _claims = meter.CreateCounter<long>("ecstream.peers.claims", "{batch}", "Batches that the grains here were asked leave for, and whose octets stay at the silo where they entered.");
        _moves = meter.CreateCounter<long>("ecstream.peers.moves", "{grain}", "Grains that went to the silo where their peer's mail enters.");
    }

    internal void Handed(long bytes, bool enteredElsewhere) => _bytes.Add(bytes, enteredElsewhere ? TwoSilos : OneSilo);

    internal void Claimed(long bytes)
    {
        _claims.Add(1);
        _bytes.Add(bytes, OneSilo);
    }

    internal void Moved() => _moves.Add(1);

    private static readonly KeyValuePair<string, object?> OneSilo = new("silos", "1");
    private static readonly KeyValuePair<string, object?> TwoSilos = new("silos", "2");
}
