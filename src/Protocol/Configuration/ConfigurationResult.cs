using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>What came of reading a configuration.</summary>
/// <param name="Configuration">What takes effect, or <see langword="null"/> if there was an error.</param>
/// <param name="Diagnostics">All errors, warnings and remarks, file by file from top to bottom.</param>
/// <param name="Document">The merged syntax tree of what could be read, or <see langword="null"/> if nothing could.</param>
public sealed record ConfigurationResult(
    GridConfiguration? Configuration, ImmutableArray<ConfigDiagnostic> Diagnostics, ConfigDocument? Document);
