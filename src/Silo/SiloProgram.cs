using EcStreamOrleans.Hosting;
using EcStreamOrleans.Silo.Configuration;

namespace EcStreamOrleans.Silo;

/// <summary>The silo as a program.</summary>
internal static class SiloProgram
{
    private const string Help = """
        EcStreamOrleans silo: takes mail over ECStream, makes it durable, relays it on.

        Usage: EcStreamOrleans.Silo [--conf FILE] [--data DIR] [--admin URL] [--Grid:SECTION:KEY=VALUE …]

          --conf FILE   the configuration, in the grammar of Momentum's ecelerity.conf (default: a listener on 127.0.0.1:1825)
          --data DIR    state and spool (default: ./data)
          --admin URL   the admin listener, on loopback (default: http://127.0.0.1:8025)
          --help        this text
          --version     the version

        Every setting of docs/configuration.md can be given as --Grid:…, as an environment variable Grid__… or in appsettings.json.

        """;

    public static NodeProgram<GridSettings> Instance { get; } = new(
        new ProgramArguments(Help, new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["--conf"] = "Grid:Conf",
            ["--data"] = "Grid:Data",
            ["--admin"] = "Grid:Admin",
        }),
        GridSettings.Read,
        (builder, settings, configuration) => SiloHosting.Build(builder, settings, configuration, more: null),
        SiloFailures.Explain);
}
