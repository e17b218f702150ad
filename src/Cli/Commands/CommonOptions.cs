using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using EcStreamOrleans.Delivery;

namespace EcStreamOrleans.Cli.Commands;

/// <summary>Options that several commands have, with their limits.</summary>
internal static class CommonOptions
{
    public const int MaxConnections = 20_000;
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

    public static Option<int> Number(string name, string description, int byDefault, int min, int max) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => byDefault,
        CustomParser = argument => ParseNumber(argument, name, min, max),
    };

    public static Option<int> RequiredNumber(string name, string description, int min, int max) => new(name)
    {
        Description = description,
        HelpName = "N",
        Required = true,
        CustomParser = argument => ParseNumber(argument, name, min, max),
    };

    public static int ParseNumber(ArgumentResult argument, string name, int min, int max)
    {
        var text = argument.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }

        argument.AddError($"{name} {text}: must be a number from {min} to {max}");
        return default;
    }
}
