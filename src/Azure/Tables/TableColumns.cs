using Azure.Data.Tables;

namespace EcStreamOrleans.Azure.Tables;

/// <summary>A long value over several columns of a row: <c>Data</c>, <c>Data1</c> … <c>Data14</c>. A column takes 64 KiB, a row 1 MiB.</summary>
internal static class TableColumns
{
    public const int MaxCount = 15;

    /// <summary>Octets of a column.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Characters of a column, which the service counts in UTF-16.</summary>
    public const int MaxChars = MaxBytes / 2;

    /// <returns>False if it does not fit; the row is left half-written then.</returns>
    public static bool TryWriteBytes(TableEntity row, string name, ReadOnlySpan<byte> value)
    {
        if (value.Length > MaxCount * MaxBytes)
        {
            return false;
        }

        for (var i = 0; !value.IsEmpty; i++)
        {
            var chunk = value[..Math.Min(MaxBytes, value.Length)];
            row[Name(name, i)] = chunk.ToArray();
            value = value[chunk.Length..];
        }

        return true;
    }

    /// <returns>False if it does not fit; the row is left half-written then.</returns>
    public static bool TryWriteText(TableEntity row, string name, ReadOnlySpan<char> value)
    {
        for (var i = 0; !value.IsEmpty; i++)
        {
            if (i == MaxCount)
            {
                return false;
            }

            var length = Math.Min(MaxChars, value.Length);

            // Half a surrogate pair is no text: on its way it would become U+FFFD.
            length -= char.IsHighSurrogate(value[length - 1]) && length < value.Length ? 1 : 0;
            row[Name(name, i)] = value[..length].ToString();
            value = value[length..];
        }

        return true;
    }

    /// <summary>Reads what was written as octets; text in such a column is their Base64.</summary>
    public static ReadOnlyMemory<byte> ReadBytes(TableEntity row, string name)
    {
        var chunks = Chunks(row, name).Select(value => value as byte[] ?? Convert.FromBase64String((string)value)).ToList();
        return chunks.Count == 1 ? chunks[0] : chunks.SelectMany(chunk => chunk).ToArray();
    }

    /// <summary>Reads what was written as text.</summary>
    public static string ReadText(TableEntity row, string name) => string.Concat(Chunks(row, name));

    private static IEnumerable<object> Chunks(TableEntity row, string name) =>
        Enumerable.Range(0, MaxCount).Select(i => row.TryGetValue(Name(name, i), out var value) ? value : null).OfType<object>();

    private static string Name(string name, int index) => index == 0 ? name : $"{name}{index}";
}
