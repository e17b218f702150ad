using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Says why a scope or an option cannot stand where it does.</summary>
internal sealed class Refusals(DiagnosticBag diagnostics)
{
    public void Refuse(ConfigNode node, string scope)
    {
        // The search for a name that may have been meant costs more than the rest, and a full bag would not keep it.
        if (!diagnostics.IsFull)
        {
            diagnostics.Error(node.Location, Reason(node, Token.Shorten(node.Name), scope), node.Name);
        }
    }

    public void RefuseAll(ImmutableArray<ConfigNode> nodes, string scope)
    {
        foreach (var node in nodes)
        {
            Refuse(node, scope);
        }
    }

    public void ExpectAnonymous(ConfigScope scope)
    {
        if (scope.Instance is not null)
        {
            diagnostics.Error(
                scope.InstanceLocation, $"didn't expect a name for {scope.Name}, found '{Token.Shorten(scope.Instance)}'", scope.Instance, "{");
        }
    }

    private static string Reason(ConfigNode node, string name, string scope)
    {
        var isGlobal = scope == Vocabulary.GlobalScope;
        if (node is ConfigScope && (Contains(Vocabulary.Options[scope], name) || (isGlobal && MomentumVocabulary.IsGlobalOption(name))))
        {
            return $"'{name}' is an option, not a scope; expected '=' and a value";
        }

        if (node is ConfigOption && (Contains(Vocabulary.Scopes[scope], name) || (isGlobal && MomentumVocabulary.IsScope(name))))
        {
            return $"'{name}' is a scope, not an option; expected '{{'";
        }

        if (Vocabulary.ScopesOf(name).ToArray() is { Length: > 0 } elsewhere)
        {
            return $"'{name}' is not valid in the {scope} scope; its place is {string.Join(" or ", elsewhere)}";
        }

        if (MomentumVocabulary.IsKnown(name))
        {
            return $"'{name}' is known to Momentum but not supported by this version";
        }

        var suggestion = Vocabulary.Suggest(name, scope) is { } near ? $"; did you mean '{near}'?"
            : node is ConfigScope && isGlobal ? "; if it is a module of Momentum, Grid:Strict=false passes over it"
            : "";
        return node is ConfigOption
            ? $"'{name}' is not a valid option name in the {scope} scope{suggestion}"
            : $"'{name}' is not a valid scope name in the {scope} scope{suggestion}";
    }

    private static bool Contains(ImmutableArray<string> names, string name) => names.Contains(name, StringComparer.OrdinalIgnoreCase);
}
