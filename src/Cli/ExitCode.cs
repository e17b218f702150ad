namespace EcStreamOrleans.Cli;

/// <summary>What ecgrid's exit tells a script.</summary>
internal static class ExitCode
{
    /// <summary>Everything was accepted, or found.</summary>
    public const int Success = 0;

    /// <summary>Something was not.</summary>
    public const int NotEverything = 1;

    /// <summary>The command line is wrong, or there is no connection: nothing was done.</summary>
    public const int CannotStart = 2;
}
