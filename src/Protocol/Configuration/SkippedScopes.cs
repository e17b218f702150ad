using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Passes over what is Momentum's alone, and says so: the file is shared with the rest of the MTA.</summary>
internal sealed class SkippedScopes(DiagnosticBag diagnostics)
{
    /// <returns><see langword="false"/> if Momentum has no such thing in its global scope.</returns>
    public bool TrySkip(ConfigNode node)
    {
        if (node is ConfigScope scope && MomentumVocabulary.IsScope(scope.Name))
        {
            var instance = scope.Instance is null ? "" : $" \"{Token.Shorten(scope.Instance)}\"";
            var reason = MomentumVocabulary.IsRoutingScope(scope.Name) && Delivers(scope.Children)
                ? "delivery by domain or binding is not supported by this version; mail for it goes the global way"
                : "not of the ECStream listener";
            diagnostics.Warning(scope.Location, $"{scope.Name}{instance} skipped: {reason}", scope.Name);
            return true;
        }

        if (node is ConfigOption option && MomentumVocabulary.IsGlobalOption(option.Name))
        {
            Skip(option, MomentumVocabulary.IsSharedGlobalOption(option.Name));
            return true;
        }

        return false;
    }

    /// <param name="option">The option.</param>
    /// <param name="isShared">Whether Momentum's ECStream listener would have it too.</param>
    public void Skip(ConfigOption option, bool isShared) => diagnostics.Warning(
        option.Location,
        $"{option.Name} skipped: {(isShared ? "not supported for the ECStream listener by this version" : "not of the ECStream listener")}",
        option.Name);

    // Depth of recursion is bounded by the parser's cap on nesting.
    private static bool Delivers(ImmutableArray<ConfigNode> nodes) => nodes.Any(node => node switch
    {
        ConfigScope scope => Delivers(scope.Children),
        ConfigOption option when option.IsNamed(Vocabulary.Gateway) => true,
        ConfigOption { Value: ConfigScalar method } option when option.IsNamed(Vocabulary.DeliveryMethod) =>
            string.Equals(method.Text, "ECSTREAM", StringComparison.OrdinalIgnoreCase),
        _ => false,
    });
}
