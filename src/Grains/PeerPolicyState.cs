namespace EcStreamOrleans.Grains;

/// <summary>A peer's overrides as they are stored. Fields are added, never renamed or reused: stored state outlives versions.</summary>
[GenerateSerializer, Alias("ecstream.peer-policy-state")]
internal sealed class PeerPolicyState
{
    /// <summary>Overrides ECStream_Idle_Time; null: no override.</summary>
    [Id(0)]
    public double? IdleSeconds { get; set; }

    /// <summary>Overrides ECStream_Max_Batch_Size; null: no override.</summary>
    [Id(1)]
    public int? MaxBatchSize { get; set; }

    /// <summary>Grows by one with every change.</summary>
    [Id(2)]
    public long Version { get; set; }
}
