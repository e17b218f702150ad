using System.Text.Json;

namespace EcStreamOrleans.Spool;

/// <summary>The state of a message in a spool, as the offline reader sees it.</summary>
public enum SpooledMessageState
{
    /// <summary>It waits to be delivered.</summary>
    Waiting,

    /// <summary>It failed or expired, as a whole or for some recipients, and is kept.</summary>
    Failed,
}

/// <summary>One message of a spool.</summary>
/// <param name="Id">Its id as people see it.</param>
/// <param name="State">Whether it waits or was kept as failed. A message can be both, for different recipients.</param>
/// <param name="Peer">The peer that injected it.</param>
/// <param name="Listener">The address of the Listen scope that took it.</param>
/// <param name="AcceptedAt">When the spool took it.</param>
/// <param name="Bytes">The size of its package.</param>
/// <param name="Text">The gateway's last words; empty when it waits.</param>
public sealed record SpooledMessage(string Id, SpooledMessageState State, string Peer, string Listener, DateTimeOffset AcceptedAt, long Bytes, string Text);

/// <summary>
/// Looks into a spool's directory without its lock and without writing. Beside a live spool the picture is of one moment or another: a message
/// that is just being written or recycled may be missing.
/// </summary>
public static class SpoolReader
{
    private const int Attempts = 3;

    /// <summary>Lists the messages that wait, oldest first, and then those kept as failed.</summary>
    /// <param name="directory">The spool's directory.</param>
    /// <exception cref="IOException">The directory holds no spool, or cannot be read.</exception>
    public static IReadOnlyList<SpooledMessage> Scan(string directory) => Scan(new SpoolFiles(), directory);

    /// <summary>The package of one message, verbatim; null when the spool does not hold it.</summary>
    /// <param name="directory">The spool's directory.</param>
    /// <param name="messageId">The message's id.</param>
    /// <exception cref="IOException">The directory holds no spool, or cannot be read.</exception>
    public static byte[]? ReadPackage(string directory, string messageId)
    {
        var files = new SpoolFiles();
        if (!MailSpool.TryParseMessageId(messageId, out var spoolId, out var number, out var index))
        {
            return null;
        }

        byte[]? package = null;
        WithRecords(files, directory, (id, record, _) =>
        {
            if (id == spoolId && record.RecordNumber == number && index < record.Count)
            {
                package = record.GetPackage(index).ToArray();
            }
        });
        var failed = Path.Combine(directory, SpoolLayout.FailedDirectory);
        var name = MailSpool.FormatMessageId(spoolId, number, index) + ".package";
        return package ?? (files.List(failed).Contains(name, StringComparer.Ordinal) ? SpoolLayout.ReadWhole(files, Path.Combine(failed, name)) : null);
    }

    internal static IReadOnlyList<SpooledMessage> Scan(ISpoolFiles files, string directory)
    {
        List<SpooledMessage> messages = [];
        WithRecords(files, directory, (id, record, done) =>
        {
            for (var i = 0; i < record.Count; i++)
            {
                if (done?.Contains((i, SpoolOutcome.AllRecipients)) != true)
                {
                    messages.Add(new SpooledMessage(MailSpool.FormatMessageId(id, record.RecordNumber, i), SpooledMessageState.Waiting, record.Peer, record.Listener, record.AcceptedAt, record.GetPackage(i).Length, ""));
                }
            }
        });
        AddFailed(files, Path.Combine(directory, SpoolLayout.FailedDirectory), messages);
        return messages;
    }

    private static void WithRecords(ISpoolFiles files, string directory, Action<string, SpoolRecord, HashSet<(int Message, int Recipient)>?> visit)
    {
        var (id, key) = SpoolLayout.ReadIdentity(files, directory)
            ?? throw new IOException($"There is no spool in {directory}: the file {SpoolLayout.IdFile} is missing or cannot be read.");
        var scan = ReadScan(files, directory, key);
        var all = (SpoolOutcome.AllRecipients, SpoolOutcome.AllRecipients);
        foreach (var (segment, record) in scan.Segments.Where(segment => !segment.IsReleased).SelectMany(segment => segment.Kept.Select(record => (segment, record))))
        {
            var done = scan.Journal.Done.GetValueOrDefault(record.Header.Number);
            if (done?.Contains(all) == true)
            {
                continue;
            }

            try
            {
                using var file = files.Open(Path.Combine(directory, segment.Name), SpoolFileMode.Read);
                using var read = SpoolRecord.Read(file, record.Offset, record.Header, key, null, null);
                if (read is not null)
                {
                    visit(id.ToString("x4"), read, done);
                }
            }
            catch (FileNotFoundException)
            {
                // Delivered and deleted since the scan.
            }
        }
    }

    private static SpoolScan ReadScan(ISpoolFiles files, string directory, ulong key)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return SpoolScan.Read(files, directory, key);
            }
            catch (FileNotFoundException) when (attempt < Attempts)
            {
                // The live spool changed its journal between the listing and the reading.
            }
        }
    }

    private static void AddFailed(ISpoolFiles files, string directory, List<SpooledMessage> messages)
    {
        foreach (var name in files.List(directory).Where(name => name.EndsWith(".json", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            try
            {
                using var json = JsonDocument.Parse(SpoolLayout.ReadWhole(files, Path.Combine(directory, name)));
                var root = json.RootElement;
                var last = root.GetProperty("outcomes").EnumerateArray().Last();
                using var package = files.Open(Path.Combine(directory, Path.ChangeExtension(name, ".package")), SpoolFileMode.Read);
                messages.Add(new SpooledMessage(
                    root.GetProperty("id").GetString() ?? "",
                    SpooledMessageState.Failed,
                    root.GetProperty("peer").GetString() ?? "",
                    root.GetProperty("listener").GetString() ?? "",
                    root.GetProperty("acceptedAt").GetDateTimeOffset(),
                    package.Length,
                    $"{last.GetProperty("kind").GetString()}: {last.GetProperty("text").GetString()}"));
            }
            catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or FileNotFoundException)
            {
                messages.Add(new SpooledMessage(Path.GetFileNameWithoutExtension(name), SpooledMessageState.Failed, "", "", default, 0, $"cannot be read: {error.Message}"));
            }
        }
    }
}
