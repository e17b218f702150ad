namespace EcStreamOrleans.Cli.Terminal;

/// <summary>A terminal's keys, one by one.</summary>
internal interface IKeyboard
{
    /// <summary>Columns of the terminal.</summary>
    int Width { get; }

    /// <summary>Waits for a key.</summary>
    /// <returns>The key, or null behind the last one.</returns>
    Task<ConsoleKeyInfo?> ReadKeyAsync(CancellationToken cancellationToken);
}

/// <summary>The terminal of the process.</summary>
internal sealed class TerminalKeyboard : IKeyboard
{
    private const int UsualWidth = 80;

    public int Width => Console.WindowWidth is > 0 and var width ? width : UsualWidth;

    public async Task<ConsoleKeyInfo?> ReadKeyAsync(CancellationToken cancellationToken)
    {
        // At the prompt Ctrl-C drops the line; while a command runs it ends the command.
        Console.TreatControlCAsInput = true;
        try
        {
            return await Task.Run(() => Console.ReadKey(intercept: true), cancellationToken).WaitAsync(cancellationToken);
        }
        finally
        {
            Console.TreatControlCAsInput = false;
        }
    }
}
