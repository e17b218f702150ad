using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Silo.Configuration;

/// <summary>Reads the configuration that the settings name, at the start and at every reload.</summary>
internal static class ConfigurationFile
{
    public static ConfigurationResult Read(GridSettings settings) => settings.Conf is { } file
        ? ConfigurationLoader.LoadToServe(file, DiskConfigFiles.FromEnvironment(), settings.Strict ? ConfigStrictness.Strict : ConfigStrictness.Lenient)
        : ConfigurationLoader.Parse(ConfigurationLoader.DefaultText, "default");
}
