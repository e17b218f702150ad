using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>What is to be known of one option: the binder reads it by this, the documentation and the console show it.</summary>
public sealed class OptionDefinition
{
    internal OptionDefinition(string name, OptionType type, string effect, params ImmutableArray<string> scopes)
    {
        Name = name;
        Type = type;
        Effect = effect;
        Scopes = scopes;
    }

    /// <summary>The name in its canonical spelling. Names compare without regard to case.</summary>
    public string Name { get; }

    /// <summary>How its value is read.</summary>
    public OptionType Type { get; }

    /// <summary>
    /// The scopes it is legal in, which is also the order it is looked for in: <c>Peer</c>, <c>Listen</c>, <c>ECStream_Listener</c>,
    /// <c>Pathway</c>, <c>Pathway_Group</c>, <c>Global</c>; besides, <c>ThreadPool</c> and <c>EventLoop</c>.
    /// </summary>
    public ImmutableArray<string> Scopes { get; }

    /// <summary>What it does here in one line, or what happens instead.</summary>
    public string Effect { get; }

    /// <summary>What applies where no scope sets it, as a file would write it; <see langword="null"/> if it is then not set at all.</summary>
    public string? Default { get; internal init; }

    /// <summary>What a number counts; empty for others.</summary>
    public string Unit { get; internal init; } = "";

    /// <summary>The values allowed, for a person; empty if the type says it.</summary>
    public string Range
    {
        get => Type != OptionType.Number ? field : Max == int.MaxValue ? $"at least {Min}" : $"{Min} to {Max}";
        internal init;
    } = "";

    /// <summary>Whether a reload of the configuration puts a change into effect; else it takes a restart.</summary>
    public bool IsDynamic { get; internal init; } = true;

    /// <summary>Whether setting it draws a warning, since it does not do here what it does in Momentum: <see cref="Effect"/> says what happens instead.</summary>
    public bool AlwaysWarns { get; internal init; }

    /// <summary>Whether Momentum has no such option.</summary>
    public bool IsExtension { get; internal init; }

    internal int Min { get; init; }

    internal int Max { get; init; }
}
