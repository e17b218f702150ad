namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Reads ecelerity.conf into a configuration that can take effect, or says everything that is wrong with it.</summary>
public static class ConfigurationLoader
{
    /// <summary>The configuration that is shipped: a listener on the loopback address, nothing else.</summary>
    public const string DefaultText = """
        ECStream_Listener {
          Listen "127.0.0.1:1825" {
          }
        }

        """;

    /// <summary>What <see cref="DefaultText"/> makes take effect.</summary>
    public static GridConfiguration Default { get; } = Parse(DefaultText, "default").Configuration
        ?? throw new InvalidOperationException("The shipped configuration is not valid.");

    /// <summary>Reads a configuration file and all it includes.</summary>
    /// <param name="path">The main file.</param>
    /// <param name="files">Where files are read from.</param>
    /// <param name="strictness">What to do with an option that stands where it cannot take effect by its own rules.</param>
    public static ConfigurationResult Load(string path, IConfigFiles files, ConfigStrictness strictness = ConfigStrictness.Strict)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(files);
        var diagnostics = new DiagnosticBag();
        return Bind(ConfigParser.Load(path, files, strictness, diagnostics), strictness, diagnostics);
    }

    /// <summary>Reads a text that stands alone: an include in it is an error.</summary>
    /// <param name="text">The configuration.</param>
    /// <param name="fileName">What diagnostics call it.</param>
    /// <param name="strictness">What to do with an option that stands where it cannot take effect by its own rules.</param>
    public static ConfigurationResult Parse(string text, string fileName, ConfigStrictness strictness = ConfigStrictness.Strict)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(fileName);
        var diagnostics = new DiagnosticBag();
        return Bind(ConfigParser.Parse(text, fileName, NoConfigFiles.Instance, strictness, diagnostics), strictness, diagnostics);
    }

    private static ConfigurationResult Bind(ConfigDocument? document, ConfigStrictness strictness, DiagnosticBag diagnostics)
    {
        if (document is null)
        {
            return new ConfigurationResult(null, diagnostics.ToImmutable(), null);
        }

        var configuration = ConfigurationBinder.Bind(document, isWhole: diagnostics.ErrorCount == 0, strictness, diagnostics);
        return new ConfigurationResult(
            diagnostics.ErrorCount == 0 ? configuration : null, diagnostics.ToImmutable(), document.Merge());
    }
}
