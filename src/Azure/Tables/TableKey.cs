namespace EcStreamOrleans.Azure.Tables;

/// <summary>Partition and row keys, as Orleans' own providers make them.</summary>
internal static class TableKey
{
    /// <summary>The table service takes 1 KiB a key, in UTF-16.</summary>
    public const int MaxLength = 512;

    /// <summary>
    /// Replaces what a key must not contain. Different texts can come to the same key (<c>10.0.0.0/8</c> and <c>10.0.0.0_8</c>): the layout
    /// is given, and no address has an underscore.
    /// </summary>
    /// <exception cref="ArgumentException">No key can be made of it.</exception>
    public static string Sanitize(string text)
    {
        if (text.Length > MaxLength)
        {
            throw new ArgumentException($"'{text[..64]}…' has {text.Length} characters: a key of Azure Table storage has at most {MaxLength}.", nameof(text));
        }

        if (text.Any(char.IsControl))
        {
            throw new ArgumentException($"'{text}' has control characters: a key of Azure Table storage must not.", nameof(text));
        }

        return text.Replace('/', '_').Replace('\\', '_').Replace('#', '_').Replace('?', '_');
    }
}
