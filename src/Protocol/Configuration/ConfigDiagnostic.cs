namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>How much a diagnostic matters.</summary>
public enum ConfigSeverity
{
    /// <summary>Worth knowing; nothing needs to change.</summary>
    Info,

    /// <summary>Understood, but written in a way that is likely a slip.</summary>
    Warning,

    /// <summary>The configuration cannot take effect.</summary>
    Error,
}

/// <summary>One thing to say about a configuration file.</summary>
/// <param name="Location">Where the offending text stands; for something left open, where it was opened.</param>
/// <param name="Severity">Whether the configuration can take effect in spite of it.</param>
/// <param name="Message">The whole sentence for a person.</param>
/// <param name="Token">The offending text, empty if there is none.</param>
/// <param name="Expected">What would have been right, empty if that is not one thing.</param>
public sealed record ConfigDiagnostic(
    SourceLocation Location, ConfigSeverity Severity, string Message, string Token = "", string Expected = "")
{
    /// <summary>The diagnostic as tools and editors read it: <c>FILE:LINE:COLUMN: error: message</c>.</summary>
    public override string ToString() => $"{Location}: {Label(Severity)}: {Message}";

    private static string Label(ConfigSeverity severity) => severity switch
    {
        ConfigSeverity.Error => "error",
        ConfigSeverity.Warning => "warning",
        _ => "info",
    };
}
