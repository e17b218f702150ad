namespace EcStreamOrleans.Cli.Consoles;

/// <summary>A command of the console.</summary>
/// <param name="Name">Its words, lower case: <c>config set</c>.</param>
/// <param name="Arguments">What follows them, for the help.</param>
/// <param name="Summary">What it does, in a line.</param>
/// <param name="Run">Does it with the words behind its name, and returns one of <see cref="ExitCode"/>.</param>
internal sealed record ConsoleEntry(
    string Name, string Arguments, string Summary, Func<ConsoleSession, IReadOnlyList<string>, CancellationToken, Task<int>> Run)
{
    /// <summary>Whether a file alone cannot answer it.</summary>
    public bool NeedsNode { get; init; } = true;

    /// <summary>Whether it changes nothing.</summary>
    public bool IsQuestion { get; init; }

    /// <summary>Whether its words are scopes and options, which Tab then knows.</summary>
    public bool TakesScopes { get; init; }

    /// <summary>More to be said, or null.</summary>
    public string? Details { get; init; }

    /// <summary>The words of the name.</summary>
    public string[] Words { get; } = Name.Split(' ');
}
