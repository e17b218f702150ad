using System.Globalization;

namespace EcStreamOrleans.Silo.Admin;

/// <summary>Instants as the admin API takes them: ISO 8601 with an offset. Without one nobody could say which is meant.</summary>
internal static class Instants
{
    public const string Form = "an instant such as 2026-01-31T12:00:00Z";

    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK"];

    public static bool TryParse(string text, out DateTimeOffset instant)
    {
        instant = default;
        if (text.Length == 0 || !(text[^1] == 'Z' || (text.Length > 6 && text[^6] is '+' or '-')))
        {
            return false;
        }

        var isThere = DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out instant);
        instant = instant.ToUniversalTime();
        return isThere;
    }
}
