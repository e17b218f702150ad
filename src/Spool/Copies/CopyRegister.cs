using System.Globalization;
using System.Text;

namespace EcStreamOrleans.Spool;

/// <summary>What the holder of copies knows of their owner, beside the copies.</summary>
/// <param name="Address">Where the owner was last.</param>
/// <param name="Epoch">Counts the owner's partners: of two holders the one with the higher number was its later one.</param>
/// <param name="IsComplete">Whether all that waited at the owner had its copy here when it last said so; all that came behind that has.</param>
/// <param name="LeftAt">When the owner stopped in order, to come back; null if it did not.</param>
public sealed record CopyRegister(string Address, long Epoch, bool IsComplete, DateTimeOffset? LeftAt)
{
    internal const string FileName = "owner";

    internal byte[] Write() => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"{Address} {Epoch} {(IsComplete ? "complete" : "partial")} {LeftAt?.UtcTicks ?? 0}\n"));

    internal static CopyRegister? Read(ReadOnlySpan<byte> content)
    {
        var words = Encoding.UTF8.GetString(content).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 4
            && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
            && long.TryParse(words[3], NumberStyles.None, CultureInfo.InvariantCulture, out var left) && left <= DateTimeOffset.MaxValue.UtcTicks
            ? new CopyRegister(words[0], epoch, words[2] == "complete", left == 0 ? null : new DateTimeOffset(left, TimeSpan.Zero))
            : null;
    }
}
