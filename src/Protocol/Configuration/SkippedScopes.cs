using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Passes over what is Momentum's alone, and says so: the file is shared with the rest of the MTA.</summary>
internal sealed class SkippedScopes(ConfigStrictness strictness, DiagnosticBag diagnostics)
{
    private const string NotOurs = "not of the ECStream listener";

    /// <returns>
    /// <see langword="false"/> if Momentum has no such thing in its global scope. In lenient mode a scope that nobody knows is taken for a
    /// module: Momentum has more of them than its manual.
    /// </returns>
    public bool TrySkip(ConfigNode node)
    {
        if (node is ConfigScope scope && ReasonToSkip(scope) is { } reason)
        {
            var instance = scope.Instance is null ? "" : $" \"{Token.Shorten(scope.Instance)}\"";
            diagnostics.Warning(scope.Location, $"{Token.Shorten(scope.Name)}{instance} skipped: {reason}", scope.Name);
            return true;
        }

        if (node is ConfigOption option && MomentumVocabulary.IsGlobalOption(option.Name))
        {
            Skip(option, MomentumVocabulary.IsSharedOption(option.Name) ? "not supported for the ECStream listener by this version" : NotOurs);
            return true;
        }

        return false;
    }

    public void Skip(ConfigOption option, string reason = NotOurs) =>
        diagnostics.Warning(option.Location, $"{option.Name} skipped: {reason}", option.Name);

    private string? ReasonToSkip(ConfigScope scope)
    {
        if (MomentumVocabulary.IsScope(scope.Name))
        {
            return MomentumVocabulary.IsRoutingScope(scope.Name) && Delivers(scope.Children)
                ? "delivery by domain or binding is not supported by this version; mail for it goes the global way"
                : NotOurs;
        }

        return strictness == ConfigStrictness.Lenient && Vocabulary.MayBeModule(scope.Name)
            ? "unknown here; if it is a module of Momentum, it has no effect on the ECStream listener"
            : null;
    }

    // Depth of recursion is bounded by the parser's cap on nesting.
    private static bool Delivers(ImmutableArray<ConfigNode> nodes) => nodes.Any(node => node switch
    {
        ConfigScope scope => Delivers(scope.Children),
        ConfigOption option when option.IsNamed(OptionDefinitions.Gateway.Name) => true,
        ConfigOption { Value: ConfigScalar method } option when option.IsNamed(OptionDefinitions.DeliveryMethod.Name) =>
            string.Equals(method.Text, "ECSTREAM", StringComparison.OrdinalIgnoreCase),
        _ => false,
    });
}
