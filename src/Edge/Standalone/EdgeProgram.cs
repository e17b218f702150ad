using EcStreamOrleans.Hosting;

namespace EcStreamOrleans.Edge.Standalone;

/// <summary>The edge as a program of its own: a client of the grid.</summary>
internal static class EdgeProgram
{
    private const string Help = """
        EcStreamOrleans edge: takes mail over ECStream and hands it to the silos of a grid.

        Usage: EcStreamOrleans.Edge [--conf FILE] [--health URL] [--Grid:SECTION:KEY=VALUE …]

          --conf FILE   the configuration, in the grammar of Momentum's ecelerity.conf (default: a listener on 127.0.0.1:1825)
          --health URL  where /healthz and /metrics are answered (default: http://127.0.0.1:8026)
          --help        this text
          --version     the version

        Every setting of docs/configuration.md that an edge has can be given as --Grid:…, as an environment variable Grid__… or in appsettings.json.

        """;

    public static NodeProgram<EdgeSettings> Instance { get; } = new(
        new ProgramArguments(Help, new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["--conf"] = "Grid:Conf",
            ["--health"] = "Grid:Health",
        }),
        EdgeSettings.Read,
        EdgeHost.Build,
        Explain);

    private static string? Explain(Exception error, EdgeSettings settings) =>
        NodeFailures.CausesOf(error).FirstOrDefault(cause => cause is NoListenException)?.Message
        ?? NodeFailures.Explain(error, settings, "--health");
}
