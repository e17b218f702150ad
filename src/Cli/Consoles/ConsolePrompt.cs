using EcStreamOrleans.Cli.Terminal;

namespace EcStreamOrleans.Cli.Consoles;

/// <summary>Lines from a person at a terminal.</summary>
/// <param name="host">The process.</param>
/// <param name="keyboard">Its keys.</param>
/// <param name="session">The session that the lines are for: Tab asks it.</param>
/// <param name="place">What the prompt names.</param>
internal sealed class ConsolePrompt(CliHost host, IKeyboard keyboard, ConsoleSession session, string place)
{
    private const string ClearToEnd = "\u001b[K";

    private const int MostCandidates = 100;

    private readonly LineHistory _history = new(host.HistoryFile);

    /// <summary>Reads what was typed in sessions before.</summary>
    public void Load() => _history.Load();

    /// <summary>Reads a line.</summary>
    /// <returns>The line, or null if there will be no more.</returns>
    public async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        var editor = new LineEditor(_history.Lines);

        // What is in effect is asked for once a line, at the first Tab that needs it.
        Task<LiveConfig?>? live = null;
        while (true)
        {
            Draw(editor);
            if (await keyboard.ReadKeyAsync(cancellationToken) is not { } key)
            {
                return End(null);
            }

            switch (editor.Feed(key))
            {
                case LineAction.Submitted:
                    if (!host.HoldsToken(editor.Text))
                    {
                        _history.Add(editor.Text);
                    }

                    return End(editor.Text);
                case LineAction.Dropped:
                    return End("");
                case LineAction.Ended:
                    return End(null);
                case LineAction.Completing:
                    await CompleteAsync(editor, () => live ??= AskAsync(cancellationToken));
                    break;
            }
        }

        string? End(string? line)
        {
            host.Out.WriteLine();
            return line;
        }
    }

    private async Task<LiveConfig?> AskAsync(CancellationToken cancellationToken) =>
        session.Conf is null ? (await session.TryLiveAsync(ignoresTransaction: false, cancellationToken)).Live : await session.LiveAsync(false, cancellationToken);

    private async Task CompleteAsync(LineEditor editor, Func<Task<LiveConfig?>> live)
    {
        var completion = await ConsoleCompletion.FindAsync(editor.Text[..editor.Cursor], live);
        if (completion.Insert is { } insert)
        {
            editor.Replace(completion.Start, insert);
        }
        else if (completion.Candidates.Count > 0)
        {
            var more = completion.Candidates.Count - MostCandidates;
            await host.Out.WriteLineAsync();
            await host.Out.WriteLineAsync(Printable.Line(string.Join("  ", completion.Candidates.Take(MostCandidates)) + (more > 0 ? $"  … and {more} more" : "")));
        }
    }

    private void Draw(LineEditor editor)
    {
        var prompt = $"{host.TimeProvider.GetLocalNow():HH:mm:ss} {place}> ";
        var (visible, column) = editor.Window(keyboard.Width - prompt.Length - 1);
        host.Out.Write($"\r{prompt}{Printable.Line(visible)}{ClearToEnd}\r\u001b[{prompt.Length + column}C");
        host.Out.Flush();
    }
}
