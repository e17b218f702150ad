using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Hosting;

/// <summary>Reads the configuration that the settings name, at the start and at every reload.</summary>
public static class ConfigurationFile
{
    /// <summary>Reads the file, or the shipped configuration if none is named.</summary>
    /// <param name="settings">The settings.</param>
    public static ConfigurationResult Read(NodeSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return settings.Conf is { } file
            ? ConfigurationLoader.LoadToServe(file, DiskConfigFiles.FromEnvironment(), settings.Strict ? ConfigStrictness.Strict : ConfigStrictness.Lenient)
            : ConfigurationLoader.Parse(ConfigurationLoader.DefaultText, "default");
    }
}
