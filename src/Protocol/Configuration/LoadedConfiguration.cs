namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>A configuration as a node runs it. Immutable: a reload swaps the whole.</summary>
/// <param name="Grid">What takes effect.</param>
/// <param name="Document">The merged syntax tree that it was read from, which the console shows.</param>
/// <param name="Generation">1 for the one that the node started with, one more for every reload that took effect.</param>
public sealed record LoadedConfiguration(GridConfiguration Grid, ConfigDocument Document, long Generation);
