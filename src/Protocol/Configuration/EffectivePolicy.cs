namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>The policy that applies to one peer on one Listen.</summary>
/// <param name="IdleTime">How long the peer may be silent before it is disconnected.</param>
/// <param name="MaxBatchSize">How many messages a batch of the peer may hold.</param>
/// <param name="Suspension">Why the peer may not inject for now, or <see langword="null"/> if it may.</param>
public sealed record EffectivePolicy(Effective<TimeSpan> IdleTime, Effective<int> MaxBatchSize, Effective<string>? Suspension = null);
