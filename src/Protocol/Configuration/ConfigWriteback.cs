using System.Text;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// Writes down what is in effect as one file: the file of the node and, in their Peer scopes, the values that are set while it runs. A node
/// that starts with it decides on every peer's options as the running one does.
/// </summary>
public static class ConfigWriteback
{
    /// <summary>The text. What a file cannot say stands in its head as a comment.</summary>
    /// <param name="document">The merged tree of the file.</param>
    /// <param name="overrides">What is set beside it; nothing in it has ended.</param>
    /// <param name="head">Lines for the head of the text.</param>
    public static string Render(ConfigDocument document, OverrideSet overrides, IEnumerable<string> head)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(overrides);
        ArgumentNullException.ThrowIfNull(head);
        var text = new StringBuilder();
        foreach (var line in head.Concat(overrides.Entries.OrderBy(e => e.Key, PeerScope.Order).SelectMany(e => Notes(document, e.Key, e.Value))))
        {
            text.Append("# ").Append(OneLine(line)).Append('\n');
        }

        // A Listen that the file does not have must not come to be by what was set for its peers: it would be bound.
        return text.Append('\n').Append(OverrideOverlay.Lay(document, overrides, entersListens: false)).ToString();
    }

    private static IEnumerable<string> Notes(ConfigDocument document, PeerScope scope, PeerOverride value)
    {
        if (value.Suspended is { } suspended)
        {
            yield return $"{scope} is {(suspended ? "suspended" : "exempt from suspension")}{Until(value.SuspendedUntil)}, which a file cannot say{(suspended ? $": {value.SuspendedReason}" : ".")}";
        }

        if (!OverrideOverlay.HasOptions(value))
        {
            yield break;
        }

        if (!OverrideOverlay.HasListen(document, scope))
        {
            yield return $"{scope} is left out: the file has no such Listen.";
            yield break;
        }

        foreach (var (name, until) in new[] { (OptionDefinitions.IdleTime.Name, value.IdleTimeUntil), (OptionDefinitions.MaxBatchSize.Name, value.MaxBatchSizeUntil) })
        {
            if (until is not null)
            {
                yield return $"{scope} {name} was set{Until(until)}; from here on it stays.";
            }
        }
    }

    private static string Until(DateTimeOffset? until) => until is { } end ? $" until {end.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}" : "";

    // A line break in somebody's reason would end the comment.
    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
