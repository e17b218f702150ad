namespace EcStreamOrleans.Grains;

/// <summary>What a host of the grains must bring.</summary>
public static class PeerGrainStorage
{
    /// <summary>The name under which the storage of peers' overrides is registered.</summary>
    public const string Name = PeerGrain.StorageName;
}
