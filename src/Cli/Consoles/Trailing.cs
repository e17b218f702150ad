using System.Diagnostics.CodeAnalysis;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Cli.Consoles;

/// <summary>What may stand behind a command's own words: <c>listen ADDRESS</c>, <c>until INSTANT</c>, <c>reason "…"</c>.</summary>
internal sealed record Trailing(string? Listen, DateTimeOffset? Until, string? Reason)
{
    /// <summary>Reads them, in any order, each at most once.</summary>
    /// <param name="words">The words behind the command's own.</param>
    /// <param name="clock">What a time of day or a span counts from.</param>
    /// <param name="allowed">Those that the command takes.</param>
    /// <param name="trailing">What they say.</param>
    /// <param name="error">Why they say nothing.</param>
    public static bool TryRead(
        IEnumerable<string> words, TimeProvider clock, IReadOnlyList<string> allowed, [NotNullWhen(true)] out Trailing? trailing, [NotNullWhen(false)] out string? error)
    {
        trailing = null;
        var found = new Trailing(null, null, null);
        var rest = new Queue<string>(words);
        var left = allowed.ToList();
        while (rest.TryDequeue(out var word))
        {
            var name = left.Find(n => n.Equals(word, StringComparison.OrdinalIgnoreCase));
            if (name is null || !rest.TryDequeue(out var value))
            {
                error = name is not null ? $"{name}: a word is missing behind it"
                    : $"'{word}' is one word too many{(left.Count == 0 ? "" : $"; there may follow {string.Join(", ", left)} (a text of several words goes in double quotes)")}";
                return false;
            }

            left.Remove(name);
            switch (name)
            {
                case "until" when Instants.Parse(value, clock) is { } until && until > clock.GetUtcNow():
                    found = found with { Until = until };
                    break;
                case "until":
                    error = $"until {value}: {(Instants.Parse(value, clock) is null ? Instants.Forms : "that is over")}";
                    return false;
                case "listen":
                    found = found with { Listen = value };
                    break;
                default:
                    found = found with { Reason = value };
                    break;
            }
        }

        (trailing, error) = (found, null);
        return true;
    }

    /// <summary>Reads a block and what stands behind it.</summary>
    public static bool TryReadScope(
        IReadOnlyList<string> words, TimeProvider clock, IReadOnlyList<string> allowed, out PeerScope scope, [NotNullWhen(true)] out Trailing? trailing, [NotNullWhen(false)] out string? error)
    {
        (scope, trailing, error) = (default, null, "expected an address or a block, such as 10.0.0.7 or 10.0.0.0/16");
        return words.Count > 0
            && TryRead(words.Skip(1), clock, ["listen", .. allowed], out trailing, out error)
            && PeerScope.TryParse(trailing.Listen, words[0], out scope, out error);
    }
}
