using System.Globalization;

namespace EcStreamOrleans.Cli.Consoles;

/// <summary>Instants as an operator types them.</summary>
internal static class Instants
{
    public const string Forms = "expected an instant with its offset such as 2026-01-31T18:00:00Z, a time of day such as 18:00 (the next), or a span from now such as +30m, +2h, +1d";

    // A week of summer times in a row would be one too many to have no such time of day.
    private const int DaysAhead = 3;

    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>Reads an instant.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="clock">The clock, and the zone of a time of day.</param>
    /// <returns>The instant, or null if it is none.</returns>
    public static DateTimeOffset? Parse(string text, TimeProvider clock)
    {
        if (text.Length > 2 && text[0] is '+' or '-')
        {
            return Span(text) is { } span ? clock.GetUtcNow() + span : null;
        }

        if (TimeOnly.TryParseExact(text, ["HH:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            return Next(time, clock);
        }

        // Without an offset nobody could say which instant is meant.
        return text.Length > 6 && (text[^1] == 'Z' || text[^6] is '+' or '-')
            && DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant)
                ? instant.ToUniversalTime()
                : null;
    }

    /// <summary>An instant as the console writes it.</summary>
    public static string Print(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static TimeSpan? Span(string text)
    {
        if (!int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count) || Math.Abs((long)count) > 100_000)
        {
            return null;
        }

        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(count),
            'm' => TimeSpan.FromMinutes(count),
            'h' => TimeSpan.FromHours(count),
            'd' => TimeSpan.FromDays(count),
            _ => null,
        };
    }

    private static DateTimeOffset? Next(TimeOnly time, TimeProvider clock)
    {
        var zone = clock.LocalTimeZone;
        var today = DateOnly.FromDateTime(clock.GetLocalNow().DateTime);
        for (var day = 0; day < DaysAhead; day++)
        {
            // On the day that summer begins there is an hour that is not there.
            var local = today.AddDays(day).ToDateTime(time);
            if (!zone.IsInvalidTime(local) && new DateTimeOffset(local, zone.GetUtcOffset(local)) is var instant && instant > clock.GetUtcNow())
            {
                return instant.ToUniversalTime();
            }
        }

        return null;
    }
}
