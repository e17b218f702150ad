namespace EcStreamOrleans.Hosting;

/// <summary>The command line of a program of the grid.</summary>
/// <param name="Help">What <c>--help</c> says.</param>
/// <param name="Switches">The short names of settings.</param>
public sealed record ProgramArguments(string Help, IReadOnlyDictionary<string, string> Switches)
{
    /// <summary>What of a command line the framework would drop without a word.</summary>
    /// <param name="args">The command line.</param>
    public IEnumerable<string> FindErrors(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i].Split('=', 2)[0];
            var isSetting = name.StartsWith("--Grid:", StringComparison.OrdinalIgnoreCase) || name.StartsWith("--Logging:", StringComparison.OrdinalIgnoreCase);
            if (!Switches.ContainsKey(name) && !isSetting)
            {
                yield return $"{args[i]}: unknown argument; --help lists what there is.";
            }
            else if (!args[i].Contains('=', StringComparison.Ordinal) && ++i == args.Length)
            {
                yield return $"{name}: needs a value.";
            }
        }
    }
}
