namespace EcStreamOrleans.Grains;

/// <summary>Where a peer's grain is.</summary>
/// <param name="MoveAfter">How long most of a peer's octets must enter at another silo until its grain moves there; zero: never. Grid:Clustering:MoveAfter.</param>
public sealed record PeerPlacement(TimeSpan MoveAfter);
