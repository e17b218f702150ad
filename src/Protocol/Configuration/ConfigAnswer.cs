namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>What came of a question to the configuration.</summary>
public enum ConfigAnswerKind
{
    /// <summary>The text is the answer.</summary>
    Found,

    /// <summary>The question is sound, and there is nothing; the text says so.</summary>
    NotFound,

    /// <summary>The question is not; the text says why.</summary>
    Invalid,
}

/// <summary>An answer to a question of the console.</summary>
/// <param name="Kind">What came of it.</param>
/// <param name="Text">The words to print; lines end with a line feed, but for the last.</param>
public sealed record ConfigAnswer(ConfigAnswerKind Kind, string Text)
{
    /// <summary>Of what was evaluated, the option and its value alone.</summary>
    public string? Setting { get; init; }
}
