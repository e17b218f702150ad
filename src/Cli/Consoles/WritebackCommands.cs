using System.Text;
using EcStreamOrleans.Cli.Terminal;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Cli.Consoles;

/// <summary>Writing down what is in effect as one configuration file.</summary>
internal static class WritebackCommands
{
    public static IReadOnlyList<ConsoleEntry> Entries { get; } =
    [
        new("config writeback", "[FILE] [--force]", "what is in effect, file and overrides, as one file; to the screen or a FILE on this machine", (session, words, cancellationToken) =>
            WriteAsync(session, words, ignoresTransaction: false, cancellationToken)) { NeedsNode = false, IsQuestion = true },
        new("write config", "[FILE] [--force]", "the same without the open transaction", (session, words, cancellationToken) =>
            WriteAsync(session, words, ignoresTransaction: true, cancellationToken)) { NeedsNode = false, IsQuestion = true },
    ];

    private static async Task<int> WriteAsync(ConsoleSession session, IReadOnlyList<string> words, bool ignoresTransaction, CancellationToken cancellationToken)
    {
        var files = words.Where(w => w != "--force").ToList();
        var overwrites = files.Count < words.Count;
        if (files.Count > 1 || words.Count - files.Count > 1)
        {
            return session.Refuse("expected a FILE and perhaps --force");
        }

        if (await session.LiveAsync(ignoresTransaction, cancellationToken) is not { } live)
        {
            return ExitCode.CannotStart;
        }

        var transaction = session.Transaction is not null && !ignoresTransaction ? " and of the open transaction" : "";
        var text = ConfigWriteback.Render(
            live.Document,
            live.Overrides,
            [$"Written by ecgrid console at {Instants.Print(session.Host.TimeProvider.GetUtcNow())}.", $"{live.Origin} with the overrides of version {live.Overrides.Version}{transaction}."]);
        if (files.Count == 0)
        {
            return session.Print(text.TrimEnd('\n'));
        }

        return Save(files[0], text, overwrites) is { } error
            ? session.Refuse(error)
            : session.Print($"Written to {files[0]}. The overrides stay as they are: they win over the file where both set something.");
    }

    // Beside it, then in its place: whoever reads meanwhile reads the one or the other. A configuration may hold passwords.
    private static string? Save(string file, string text, bool overwrites)
    {
        var beside = $"{file}.{Guid.NewGuid():N}.tmp";
        try
        {
            if (File.Exists(file) && !overwrites)
            {
                return $"{file} is there already; --force overwrites it";
            }

            using (var stream = PrivateFile.Open(beside, FileMode.CreateNew))
            {
                stream.Write(Encoding.UTF8.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }

            File.Move(beside, file, overwrites);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            File.Delete(beside);
            return $"{file}: {failure.Message}";
        }
    }
}
