using System.Text;
using System.Text.Json;
using EcStreamOrleans.Protocol.Framing;

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
/// <param name="Sender">The envelope sender; empty is the null sender.</param>
/// <param name="Recipients">The recipients.</param>
/// <param name="Text">The gateway's last words; empty when it waits.</param>
public sealed record SpooledMessage(
    string Id,
    SpooledMessageState State,
    string Peer,
    string Listener,
    DateTimeOffset AcceptedAt,
    long Bytes,
    string Sender,
    IReadOnlyList<string> Recipients,
    string Text);

/// <summary>
/// Looks into a spool's directory without its lock and without writing. Beside a live spool the picture is of one moment or another: a message
/// that is just being written or recycled may be missing.
/// </summary>
public static class SpoolReader
{
    private const int Attempts = 3;
    /// <summary>Lists the messages that wait, oldest first, and then those kept as failed.</summary>
    /// <param name="directory">The spool's directory.</param>
    /// <param name="limit">The most messages to list.</param>
    /// <exception cref="IOException">The directory holds no spool, or cannot be read.</exception>
    public static IReadOnlyList<SpooledMessage> Scan(string directory, int limit) => Scan(new SpoolFiles(), directory, limit);

    /// <summary>One message with its octets; null when the spool does not hold it.</summary>
    /// <param name="directory">The spool's directory.</param>
    /// <param name="messageId">The message's id.</param>
    /// <exception cref="IOException">The directory holds no spool, or cannot be read.</exception>
    public static (SpooledMessage Entry, byte[] Message)? Find(string directory, string messageId)
    {
        var files = new SpoolFiles();
        if (!MailSpool.TryParseMessageId(messageId, out var spoolId, out var number, out var index))
        {
            return null;
        }

        (SpooledMessage, byte[])? found = null;
        WithRecords(files, directory, (id, record, done) =>
        {
            if (id == spoolId && record.KnownAs == number && index < record.Count && !IsDone(done, index))
            {
                found = (Waiting(id, record, index), MessageIn(record.GetPackage(index).Span));
            }

            return found is null;
        });
        if (found is not null)
        {
            return found;
        }

        var failed = Path.Combine(directory, SpoolLayout.FailedDirectory);
        var name = MailSpool.FormatMessageId(spoolId, number, index) + ".json";
        return files.List(failed).Contains(name, StringComparer.Ordinal) && ReadFailed(files, failed, name) is { Package: { } package } kept
            ? (kept.Entry, MessageIn(package))
            : null;
    }

    internal static IReadOnlyList<SpooledMessage> Scan(ISpoolFiles files, string directory, int limit)
    {
        List<SpooledMessage> messages = [];
        WithRecords(files, directory, (id, record, done) =>
        {
            for (var i = 0; i < record.Count && messages.Count < limit; i++)
            {
                if (!IsDone(done, i))
                {
                    messages.Add(Waiting(id, record, i));
                }
            }

            return messages.Count < limit;
        });
        var failed = Path.Combine(directory, SpoolLayout.FailedDirectory);
        messages.AddRange(files.List(failed)
            .Where(name => name.EndsWith(".json", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Take(limit - messages.Count)
            .Select(name => ReadFailed(files, failed, name).Entry));
        return messages;
    }

    private static bool IsDone(HashSet<(int Message, int Recipient)>? done, int index) => done?.Contains((index, SpoolOutcome.AllRecipients)) == true;

    private static SpooledMessage Waiting(string id, SpoolRecord record, int index)
    {
        var package = record.GetPackage(index).Span;
        var (sender, recipients) = EnvelopeIn(package);
        return new SpooledMessage(
            MailSpool.FormatMessageId(id, record.KnownAs, index),
            SpooledMessageState.Waiting,
            record.Peer,
            record.Listener,
            record.AcceptedAt,
            package.Length,
            sender,
            recipients,
            Text: "");
    }

    private static (string Sender, List<string> Recipients) EnvelopeIn(ReadOnlySpan<byte> package)
    {
        List<string> recipients = [];
        EcStreamCodec.Instance.ReadEnvelope(package, FramingLimits.Unlimited, out var envelope);
        foreach (var recipient in envelope.Recipients)
        {
            recipients.Add(Encoding.UTF8.GetString(recipient));
        }

        return (Encoding.UTF8.GetString(envelope.Sender), recipients);
    }

    private static byte[] MessageIn(ReadOnlySpan<byte> package)
    {
        EcStreamCodec.Instance.ReadEnvelope(package, FramingLimits.Unlimited, out var envelope);
        return envelope.Message.ToArray();
    }

    private static void WithRecords(ISpoolFiles files, string directory, Func<string, SpoolRecord, HashSet<(int Message, int Recipient)>?, bool> visit)
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
                using var read = SpoolRecord.Read(file, record.Offset, record.Header, key, null);
                if (read is not null && !visit(id.ToString("x4"), read, done))
                {
                    return;
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

    private static (SpooledMessage Entry, byte[]? Package) ReadFailed(ISpoolFiles files, string directory, string name)
    {
        try
        {
            using var json = JsonDocument.Parse(SpoolLayout.ReadWhole(files, Path.Combine(directory, name)));
            var root = json.RootElement;
            var last = root.GetProperty("outcomes").EnumerateArray().Last();
            var package = SpoolLayout.ReadWhole(files, Path.Combine(directory, Path.ChangeExtension(name, ".package")));
            var (sender, recipients) = EnvelopeIn(package);
            var entry = new SpooledMessage(
                root.GetProperty("id").GetString() ?? "",
                SpooledMessageState.Failed,
                root.GetProperty("peer").GetString() ?? "",
                root.GetProperty("listener").GetString() ?? "",
                root.GetProperty("acceptedAt").GetDateTimeOffset(),
                package.Length,
                sender,
                recipients,
                $"{last.GetProperty("kind").GetString()}: {last.GetProperty("text").GetString()}");
            return (entry, package);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or FileNotFoundException)
        {
            var id = Path.GetFileNameWithoutExtension(name);
            return (new SpooledMessage(id, SpooledMessageState.Failed, "", "", default, 0, "", [], $"cannot be read: {error.Message}"), null);
        }
    }
}
