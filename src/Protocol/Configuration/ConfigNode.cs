using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>A scope or an option, as one place in a file states it.</summary>
/// <param name="name">The name as typed. Names compare without regard to case.</param>
/// <param name="location">Where the name stands.</param>
public abstract class ConfigNode(string name, SourceLocation location)
{
    /// <summary>The name as typed. Names compare without regard to case.</summary>
    public string Name { get; } = name;

    /// <summary>Where the name stands.</summary>
    public SourceLocation Location { get; } = location;

    /// <summary>Whether this is the option or scope of that name, in any case.</summary>
    /// <param name="name">The name to compare with.</param>
    public bool IsNamed(string name) => string.Equals(Name, name, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A scope: <c>Name { … }</c> or <c>Name "instance" { … }</c>.</summary>
/// <param name="name">The name as typed.</param>
/// <param name="instance">The instance, or <see langword="null"/> for an anonymous scope.</param>
/// <param name="location">Where the name stands.</param>
/// <param name="instanceLocation">Where the instance stands; the name's place for an anonymous scope.</param>
/// <param name="children">What the scope holds, in the order of the file, included files in the place of their include.</param>
public sealed class ConfigScope(
    string name,
    string? instance,
    SourceLocation location,
    SourceLocation instanceLocation,
    ImmutableArray<ConfigNode> children) : ConfigNode(name, location)
{
    /// <summary>The instance, or <see langword="null"/> for an anonymous scope. An instance is a value: its case counts.</summary>
    public string? Instance { get; } = instance;

    /// <summary>Where the instance stands; the name's place for an anonymous scope.</summary>
    public SourceLocation InstanceLocation { get; } = instanceLocation;

    /// <summary>What the scope holds, in the order of the file.</summary>
    public ImmutableArray<ConfigNode> Children { get; } = children;

    /// <summary>Whether the instance is a regular expression, written between slashes.</summary>
    public bool IsRegexInstance => Instance is ['/', _, .., '/'];
}

/// <summary>An option and its value.</summary>
/// <param name="name">The name as typed.</param>
/// <param name="value">The value.</param>
/// <param name="location">Where the name stands.</param>
public class ConfigOption(string name, ConfigValue value, SourceLocation location) : ConfigNode(name, location)
{
    /// <summary>The value.</summary>
    public ConfigValue Value { get; } = value;
}
