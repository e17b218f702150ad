namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>A file that a configuration was read from.</summary>
/// <param name="Path">The path it was reached by, as <see cref="SourceLocation.File"/> has it.</param>
/// <param name="IsReadOnly">
/// Whether a change must not be written to it: <c>readonly_include</c> brought it in, or it was included more than once. What such a file
/// includes in turn with <c>include</c> can be written to, as in Momentum.
/// </param>
public sealed record ConfigFile(string Path, bool IsReadOnly);
