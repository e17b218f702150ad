namespace EcStreamOrleans.Cli.Terminal;

/// <summary>Makes foreign text safe to print: addresses and replies come from the network and must not steer a terminal.</summary>
internal static class Printable
{
    public static string Line(string text) =>
        text.AsSpan().IndexOfAnyInRange('\0', '\x1f') < 0 && text.AsSpan().IndexOfAnyInRange('\x7f', '\x9f') < 0
            ? text
            : string.Create(text.Length, text, static (span, source) =>
            {
                for (var i = 0; i < span.Length; i++)
                {
                    span[i] = char.IsControl(source[i]) ? '?' : source[i];
                }
            });

    /// <summary>Text of several lines, in which a line feed and a tab are what they are.</summary>
    public static string Text(string text) =>
        string.Create(text.Length, text, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(source[i]) && source[i] is not ('\n' or '\t') ? '?' : source[i];
            }
        });
}
