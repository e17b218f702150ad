namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>A pathway that listeners name: what it and the group it stands in set.</summary>
/// <param name="Name">The name, in which case counts.</param>
/// <param name="Level">What the scope <c>Pathway</c> itself sets.</param>
/// <param name="Group">What the <c>Pathway_Group</c> around it sets, or <see langword="null"/> if it stands in none.</param>
public sealed record PathwayOptions(string Name, PolicyLevel Level, PolicyLevel? Group);
