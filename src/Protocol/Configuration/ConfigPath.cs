namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>A file that an option names, and where it does: what is wrong with the file is reported there. Equal by the path alone.</summary>
/// <param name="Path">The absolute path.</param>
/// <param name="Location">Where the value stands.</param>
public sealed record ConfigPath(string Path, SourceLocation Location)
{
    /// <inheritdoc/>
    public bool Equals(ConfigPath? other) => other is not null && string.Equals(Path, other.Path, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => Path.GetHashCode(StringComparison.Ordinal);
}
