namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>What the binders of one configuration share.</summary>
internal sealed class BindingContext(bool isWhole, ConfigStrictness strictness, DiagnosticBag diagnostics)
{
    private readonly HashSet<SourceLocation> _saidAt = [];
    private readonly HashSet<OptionDefinition> _saidOf = [];

    /// <summary>Whether the tree lacks nothing because of syntax errors: only then an absence is an error.</summary>
    public bool IsWhole { get; } = isWhole;

    public ConfigStrictness Strictness { get; } = strictness;

    public DiagnosticBag Diagnostics { get; } = diagnostics;

    public OptionReader Reader { get; } = new(diagnostics);

    public Refusals Refusals { get; } = new(diagnostics);

    /// <summary>Says, the first time an option is set, what happens instead of what Momentum would do.</summary>
    public void WarnOfDefinition(OptionDefinition definition, ConfigOption option)
    {
        if (definition.AlwaysWarns && _saidOf.Add(definition))
        {
            Diagnostics.Warning(option.Location, $"{definition.Name}: {definition.Effect}", option.Name);
        }
    }

    /// <summary>Warns of a place that many Listens may share.</summary>
    public void WarnOnce(SourceLocation location, string message, string token)
    {
        if (_saidAt.Add(location))
        {
            Diagnostics.Warning(location, message, token);
        }
    }

    /// <inheritdoc cref="WarnOnce(SourceLocation, string, string)"/>
    public void WarnOnce(ConfigOption option, string message) => WarnOnce(option.Location, message, option.Name);

    /// <summary>Reports an error at a place that many Listens may share.</summary>
    public void ErrorOnce(SourceLocation location, string message, string token, string expected)
    {
        if (_saidAt.Add(location))
        {
            Diagnostics.Error(location, message, token, expected);
        }
    }

    /// <inheritdoc cref="ErrorOnce(SourceLocation, string, string, string)"/>
    public void ErrorOnce(ConfigOption option, string message, string expected) => ErrorOnce(option.Location, message, option.Name, expected);
}
