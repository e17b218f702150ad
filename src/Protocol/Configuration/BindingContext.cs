namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>What the binders of one configuration share.</summary>
internal sealed class BindingContext(bool isWhole, ConfigStrictness strictness, DiagnosticBag diagnostics)
{
    /// <summary>Whether the tree lacks nothing because of syntax errors: only then an absence is an error.</summary>
    public bool IsWhole { get; } = isWhole;

    public ConfigStrictness Strictness { get; } = strictness;

    public DiagnosticBag Diagnostics { get; } = diagnostics;

    public OptionReader Reader { get; } = new(diagnostics);

    public Refusals Refusals { get; } = new(diagnostics);
}
