namespace EcStreamOrleans.Silo.Configuration;

/// <summary>The command line of a silo.</summary>
internal static class SiloArguments
{
    public const string Help = """
        EcStreamOrleans silo: takes mail over ECStream, makes it durable, relays it on.

        Usage: EcStreamOrleans.Silo [--conf FILE] [--data DIR] [--admin URL] [--Grid:SECTION:KEY=VALUE …]

          --conf FILE   the configuration, in the grammar of Momentum's ecelerity.conf (default: a listener on 127.0.0.1:1825)
          --data DIR    state and spool (default: ./data)
          --admin URL   the admin listener, on loopback (default: http://127.0.0.1:8025)
          --help        this text
          --version     the version

        Every setting of docs/configuration.md can be given as --Grid:…, as an environment variable Grid__… or in appsettings.json.

        """;

    /// <summary>The short names of settings.</summary>
    public static Dictionary<string, string> Switches { get; } = new(StringComparer.OrdinalIgnoreCase)
    {
        ["--conf"] = "Grid:Conf",
        ["--data"] = "Grid:Data",
        ["--admin"] = "Grid:Admin",
    };

    /// <summary>What of a command line the framework would drop without a word.</summary>
    public static IEnumerable<string> FindErrors(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i].Split('=', 2)[0];
            var isSetting = name.StartsWith("--Grid:", StringComparison.OrdinalIgnoreCase) || name.StartsWith("--Logging:", StringComparison.OrdinalIgnoreCase);
            if (!Switches.ContainsKey(name) && !isSetting)
            {
                yield return $"{args[i]}: unknown argument; --help lists what there is.";
            }
            else if (!args[i].Contains('=') && ++i == args.Length)
            {
                yield return $"{name}: needs a value.";
            }
        }
    }
}
