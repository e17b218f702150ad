using EcStreamOrleans.Cli.Terminal;

namespace EcStreamOrleans.Cli;

/// <summary>Everything a command takes from the process it runs in.</summary>
/// <param name="Out">Results, for a person or a pipe.</param>
/// <param name="Error">Errors and notes, one line each.</param>
/// <param name="StandardInput">Where <c>-</c> reads from.</param>
/// <param name="StandardOutput">Where message octets go, unchanged.</param>
/// <param name="ShowsProgress">Whether a person watches: standard error is a terminal.</param>
/// <param name="TimeProvider">The clock.</param>
/// <param name="Random">The source of run ids.</param>
/// <param name="HttpHandler">How the admin API is reached.</param>
internal sealed record CliHost(
    TextWriter Out,
    TextWriter Error,
    Stream StandardInput,
    Stream StandardOutput,
    bool ShowsProgress,
    TimeProvider TimeProvider,
    Random Random,
    HttpMessageHandler HttpHandler)
{
    /// <summary>The admin API's token from the environment, <c>ECGRID_TOKEN</c>; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>The keys of the terminal that commands are typed at; null if standard input is none.</summary>
    public IKeyboard? Keyboard { get; init; }

    /// <summary>Where the console keeps what was typed; null to forget it.</summary>
    public string? HistoryFile { get; init; }

    /// <summary>Whether a text holds the token in use: such a text is kept nowhere.</summary>
    public Func<string, bool> HoldsToken { get; init; } = static _ => false;

    public static CliHost FromProcess() => new(
        Console.Out,
        Console.Error,
        Console.OpenStandardInput(),
        Console.OpenStandardOutput(),
        !Console.IsErrorRedirected,
        TimeProvider.System,
        // Two runs that start in the same instant are different processes, and the other way round.
        new Random(HashCode.Combine(Environment.ProcessId, TimeProvider.System.GetTimestamp())),
        new SocketsHttpHandler())
    {
        Token = Environment.GetEnvironmentVariable("ECGRID_TOKEN"),
        Keyboard = Console.IsInputRedirected || Console.IsOutputRedirected ? null : new TerminalKeyboard(),
        HistoryFile = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home ? Path.Combine(home, ".ecgrid_history") : null,
    };

    /// <summary>Says in one line why nothing was done.</summary>
    /// <returns><see cref="ExitCode.CannotStart"/>.</returns>
    public int CannotStart(string reason)
    {
        Error.WriteLine($"ecgrid: {Printable.Line(reason)}");
        return ExitCode.CannotStart;
    }

    /// <summary>One line for a person that is no result.</summary>
    public void Note(string text) => Error.WriteLine($"ecgrid: {Printable.Line(text)}");
}
