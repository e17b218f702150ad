namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>A pathway that options name, with all that it and the group it stands in set.</summary>
internal sealed record ResolvedPathway(PathwayOptions Options, ScopeSettings Settings, ScopeSettings? Group);
