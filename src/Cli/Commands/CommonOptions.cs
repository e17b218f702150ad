using System.CommandLine;
using System.CommandLine.Parsing;
using EcStreamOrleans.Delivery;

namespace EcStreamOrleans.Cli.Commands;

/// <summary>Options that several commands have, with their limits.</summary>
internal static class CommonOptions
{
    public const int MaxConnections = 1_000;
    public const int MaxWindow = 100_000;
    public const int DefaultWindow = 1_000;

    public static Option<EcStreamEndpoint> Endpoint(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "HOST:PORT|unix:PATH",
        Required = true,
        CustomParser = static argument =>
        {
            if (EcStreamEndpoint.TryParse(argument.Tokens[0].Value, out var endpoint, out var error))
            {
                return endpoint;
            }

            argument.AddError(error);
            return null;
        },
    };

    public static Option<int> Connections() => Number("--connections", "Connections at the same time.", 1, 1, MaxConnections);

    public static Option<int> Window() =>
        Number("--window", "Packages that may await their reply on one connection; 1 waits for each.", DefaultWindow, 1, MaxWindow);

    public static Option<bool> Json() => new("--json") { Description = "Print one JSON object instead of text; no progress." };

    public static Option<int> Number(string name, string description, int byDefault, int min, int max)
    {
        var option = new Option<int>(name)
        {
            Description = description,
            HelpName = "N",
            DefaultValueFactory = _ => byDefault,
        };
        option.Validators.Add(result => RequireRange(result, option, min, max));
        return option;
    }

    public static Option<int> RequiredNumber(string name, string description, int min, int max)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", Required = true };
        option.Validators.Add(result => RequireRange(result, option, min, max));
        return option;
    }

    private static void RequireRange(OptionResult result, Option<int> option, int min, int max)
    {
        // A value that is no number has been reported by the parser itself.
        if (!result.Errors.Any() && result.GetValue(option) is var value && (value < min || value > max))
        {
            result.AddError($"{option.Name} {value}: must be from {min} to {max}");
        }
    }
}
