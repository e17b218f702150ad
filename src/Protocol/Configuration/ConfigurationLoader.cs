using EcStreamOrleans.Protocol.Tls;

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

    /// <summary>Reads a configuration file and all it includes. The certificates that it names are not looked at.</summary>
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

    /// <summary>Reads a configuration file, all it includes, and the certificates and keys that its Listens name: everything that it takes to serve.</summary>
    /// <param name="path">The main file.</param>
    /// <param name="files">Where files are read from.</param>
    /// <param name="strictness">What to do with an option that stands where it cannot take effect by its own rules.</param>
    public static ConfigurationResult LoadToServe(string path, IConfigFiles files, ConfigStrictness strictness = ConfigStrictness.Strict)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(files);
        var diagnostics = new DiagnosticBag();
        var result = Bind(ConfigParser.Load(path, files, strictness, diagnostics), strictness, diagnostics);

        // A file that nothing else is wrong with is worth looking further.
        return result.Configuration is { } configuration ? LoadCredentials(result, configuration, files, diagnostics) : result;
    }

    private static ConfigurationResult LoadCredentials(ConfigurationResult result, GridConfiguration configuration, IConfigFiles files, DiagnosticBag diagnostics)
    {
        // Listens that share an option of ECStream_Listener share what is wrong with it.
        var all = new HashSet<ConfigDiagnostic>();
        var listens = new List<ListenEndpointOptions>();
        foreach (var listen in configuration.Listens)
        {
            if (listen.Tls is not { } tls || !listen.Socket.Enable)
            {
                listens.Add(listen);
                continue;
            }

            TlsCredentials.TryLoad(tls, files, out var credentials, out var errors);
            listens.Add(listen with { Tls = tls with { Credentials = credentials } });
            all.UnionWith(errors);
        }

        foreach (var error in all)
        {
            diagnostics.Error(error.Location, error.Message, error.Token);
        }

        return result with { Configuration = all.Count == 0 ? configuration with { Listens = [.. listens] } : null, Diagnostics = diagnostics.ToImmutable() };
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
