using System.Text;

namespace EcStreamOrleans.Delivery.Maildirs;

/// <summary>Names that no other delivery chooses: <c>SECONDS.MmicrosecondsPpidQcounter[_id].host</c>.</summary>
internal sealed class MaildirNames(string host, TimeProvider timeProvider)
{
    private const int MaxIdLength = 100;
    private const int MaxHostLength = 64;

    // One counter for the process, not for each Maildir: two writers of one directory must not meet.
    private static long _counter;

    private readonly string _host = Sanitise(host.Length == 0 ? "localhost" : host, MaxHostLength);

    public string Next(string id)
    {
        var microseconds = (timeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var count = Interlocked.Increment(ref _counter);
        var stable = id.Length == 0 ? string.Empty : "_" + Sanitise(id, MaxIdLength);
        return $"{microseconds / 1_000_000}.M{microseconds % 1_000_000:D6}P{Environment.ProcessId}Q{count}{stable}.{_host}";
    }

    // A slash would leave the directory and a colon starts the flags of a file in cur.
    private static string Sanitise(string text, int maxLength)
    {
        var clean = new StringBuilder(Math.Min(text.Length, maxLength));
        foreach (var c in text)
        {
            if (clean.Length == maxLength)
            {
                break;
            }

            clean.Append(char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@' or '+' or '=' ? c : '_');
        }

        return clean.ToString();
    }
}
