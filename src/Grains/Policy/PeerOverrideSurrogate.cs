using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Grains.Policy;

/// <summary><see cref="PeerOverride"/> on the wire: its own project knows no Orleans.</summary>
[GenerateSerializer, Alias("ecstream.peer-override")]
internal struct PeerOverrideSurrogate
{
    [Id(0)]
    public TimeSpan? IdleTime;

    [Id(1)]
    public DateTimeOffset? IdleTimeUntil;

    [Id(2)]
    public int? MaxBatchSize;

    [Id(3)]
    public DateTimeOffset? MaxBatchSizeUntil;

    [Id(4)]
    public bool? Suspended;

    [Id(5)]
    public string? SuspendedReason;

    [Id(6)]
    public DateTimeOffset? SuspendedUntil;
}

[RegisterConverter]
internal sealed class PeerOverrideConverter : IConverter<PeerOverride, PeerOverrideSurrogate>
{
    public PeerOverride ConvertFromSurrogate(in PeerOverrideSurrogate surrogate) => new()
    {
        IdleTime = surrogate.IdleTime,
        IdleTimeUntil = surrogate.IdleTimeUntil,
        MaxBatchSize = surrogate.MaxBatchSize,
        MaxBatchSizeUntil = surrogate.MaxBatchSizeUntil,
        Suspended = surrogate.Suspended,
        SuspendedReason = surrogate.SuspendedReason,
        SuspendedUntil = surrogate.SuspendedUntil,
    };

    public PeerOverrideSurrogate ConvertToSurrogate(in PeerOverride value) => new()
    {
        IdleTime = value.IdleTime,
        IdleTimeUntil = value.IdleTimeUntil,
        MaxBatchSize = value.MaxBatchSize,
        MaxBatchSizeUntil = value.MaxBatchSizeUntil,
        Suspended = value.Suspended,
        SuspendedReason = value.SuspendedReason,
        SuspendedUntil = value.SuspendedUntil,
    };
}
