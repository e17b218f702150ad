using System.CommandLine;

namespace EcStreamOrleans.Cli.Commands;

/// <summary>The option that names the node's admin API.</summary>
internal static class AdminOption
{
    private static readonly Uri Default = new("http://127.0.0.1:8025");

    public static Option<Uri> Create() => new("--admin")
    {
        Description = "The node's admin API.",
        HelpName = "URL",
        DefaultValueFactory = _ => Default,
        CustomParser = static argument =>
        {
            if (Uri.TryCreate(argument.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https"))
            {
                return url;
            }

            argument.AddError($"'{argument.Tokens[0].Value}' is no http or https URL");
            return null;
        },
    };
}
