using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Grains.Nodes;

/// <summary><see cref="EffectivePolicy"/> on the wire: its own project knows no Orleans.</summary>
[GenerateSerializer, Alias("ecstream.effective-policy")]
internal struct EffectivePolicySurrogate
{
    [Id(0)]
    public TimeSpan IdleTime;

    [Id(1)]
    public string IdleTimeOrigin;

    [Id(2)]
    public int MaxBatchSize;

    [Id(3)]
    public string MaxBatchSizeOrigin;

    [Id(4)]
    public string? Suspension;

    [Id(5)]
    public string? SuspensionOrigin;
}

[RegisterConverter]
internal sealed class EffectivePolicyConverter : IConverter<EffectivePolicy, EffectivePolicySurrogate>
{
    public EffectivePolicy ConvertFromSurrogate(in EffectivePolicySurrogate surrogate) => new(
        new(surrogate.IdleTime, surrogate.IdleTimeOrigin),
        new(surrogate.MaxBatchSize, surrogate.MaxBatchSizeOrigin),
        surrogate.SuspensionOrigin is { } origin ? new(surrogate.Suspension!, origin) : null);

    public EffectivePolicySurrogate ConvertToSurrogate(in EffectivePolicy value) => new()
    {
        IdleTime = value.IdleTime.Value,
        IdleTimeOrigin = value.IdleTime.Origin,
        MaxBatchSize = value.MaxBatchSize.Value,
        MaxBatchSizeOrigin = value.MaxBatchSize.Origin,
        Suspension = value.Suspension?.Value,
        SuspensionOrigin = value.Suspension?.Origin,
    };
}
