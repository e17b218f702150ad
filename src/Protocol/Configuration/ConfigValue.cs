using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>The value of an option: a scalar, an array or a dictionary. The grammar knows no type beyond these.</summary>
/// <param name="location">Where the value begins.</param>
public abstract class ConfigValue(SourceLocation location)
{
    /// <summary>Where the value begins.</summary>
    public SourceLocation Location { get; } = location;
}

/// <summary>One word or string.</summary>
/// <param name="text">The text, without quotes.</param>
/// <param name="isQuoted">Whether it was written in quotes. That changes no meaning; it is kept to print it as typed.</param>
/// <param name="location">Where it begins.</param>
public sealed class ConfigScalar(string text, bool isQuoted, SourceLocation location) : ConfigValue(location)
{
    /// <summary>The text, without quotes.</summary>
    public string Text { get; } = text;

    /// <summary>Whether it was written in quotes.</summary>
    public bool IsQuoted { get; } = isQuoted;
}

/// <summary>An array: <c>( a "b" )</c>.</summary>
/// <param name="items">The items in their order.</param>
/// <param name="location">Where the bracket opens.</param>
public sealed class ConfigArray(ImmutableArray<ConfigScalar> items, SourceLocation location) : ConfigValue(location)
{
    /// <summary>The items in their order.</summary>
    public ImmutableArray<ConfigScalar> Items { get; } = items;
}

/// <summary>A dictionary: <c>[ key = "value" ]</c>.</summary>
/// <param name="entries">The entries in their order.</param>
/// <param name="location">Where the bracket opens.</param>
public sealed class ConfigDictionary(ImmutableArray<KeyValuePair<string, ConfigScalar>> entries, SourceLocation location)
    : ConfigValue(location)
{
    /// <summary>The entries in their order.</summary>
    public ImmutableArray<KeyValuePair<string, ConfigScalar>> Entries { get; } = entries;
}
