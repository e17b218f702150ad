namespace EcStreamOrleans.Azure.Tables;

/// <summary>Instants as Orleans' own providers write them: text, UTC, to the millisecond.</summary>
internal static class TableDate
{
    public static string Write(DateTime instant) => LogFormatter.PrintDate(instant);

    public static DateTime Read(string text) => DateTime.SpecifyKind(LogFormatter.ParseDate(text), DateTimeKind.Utc);
}
