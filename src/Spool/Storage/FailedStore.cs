using System.Buffers;
using System.Text.Json;

namespace EcStreamOrleans.Spool;

/// <summary>Keeps what could not be delivered: the package and the gateway's words, as two plain files a person can read.</summary>
internal sealed class FailedStore(ISpoolFiles files, string spoolDirectory)
{
    private readonly string _directory = Path.Combine(spoolDirectory, SpoolLayout.FailedDirectory);
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    public void Open()
    {
        files.CreateDirectory(_directory);
        Interlocked.Exchange(ref _count, files.List(_directory).Count(name => name.EndsWith(".json", StringComparison.Ordinal)));
    }

    /// <summary>Keeps one message durably; an earlier outcome of another recipient stays beside the new one.</summary>
    public void Keep(string id, SpoolRecord record, SpoolOutcome outcome, DateTimeOffset now)
    {
        var name = id + ".json";
        var names = files.List(_directory);
        var isNew = !names.Contains(name, StringComparer.Ordinal);
        if (isNew || !names.Contains(id + ".package", StringComparer.Ordinal))
        {
            SpoolLayout.WriteWhole(files, _directory, id + ".package", record.GetPackage(outcome.Message).Span);
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteString("peer", record.Peer);
            json.WriteString("listener", record.Listener);
            json.WriteString("acceptedAt", record.AcceptedAt);
            json.WriteStartArray("outcomes");
            if (!isNew)
            {
                WriteEarlier(json, name, outcome.Recipient);
            }

            json.WriteStartObject();
            json.WriteNumber("recipient", outcome.Recipient);
            json.WriteString("kind", outcome.Kind.ToString().ToLowerInvariant());
            json.WriteString("text", JournalFrameWriter.CutText(outcome.Text ?? ""));
            json.WriteString("at", now);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        SpoolLayout.WriteWhole(files, _directory, name, buffer.WrittenSpan);
        if (isNew)
        {
            Interlocked.Increment(ref _count);
        }
    }

    private void WriteEarlier(Utf8JsonWriter json, string name, int recipient)
    {
        try
        {
            using var earlier = JsonDocument.Parse(SpoolLayout.ReadWhole(files, Path.Combine(_directory, name)));
            foreach (var outcome in earlier.RootElement.GetProperty("outcomes").EnumerateArray())
            {
                if (outcome.GetProperty("recipient").GetInt32() != recipient)
                {
                    outcome.WriteTo(json);
                }
            }
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // Somebody edited the file by hand. The new outcome still gets its place, and the package is what matters.
        }
    }
}
