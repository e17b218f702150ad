using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Grains;

/// <summary>What is set at a Peer scope, as it is stored. Fields are added, never renamed or reused: stored state outlives versions.</summary>
[GenerateSerializer, Alias("ecstream.peer-policy-state")]
internal sealed class PeerPolicyState
{
    /// <summary>What is set, by Listen in its one spelling; empty for the ECStream_Listener.</summary>
    [Id(3)]
    public Dictionary<string, StoredOverride> Places { get; set; } = new(StringComparer.Ordinal);
}

/// <summary>What is set at one place of a scope.</summary>
[GenerateSerializer, Alias("ecstream.stored-override")]
internal sealed class StoredOverride
{
    /// <summary>What is set; nothing, where something once was.</summary>
    [Id(0)]
    public PeerOverride Value { get; set; } = PeerOverride.None;

    /// <summary>The version of the policy that set it.</summary>
    [Id(1)]
    public long Version { get; set; }
}
