using System.CommandLine;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Cli.Commands;

internal static class ValidateCommand
{
    private const string Examples = """
        Every fault is a line FILE:LINE:COLUMN: error: … on standard output; a warning does not make a file invalid.
        Certificates and keys that Listens name are read, too. Includes are looked for as the silo does: beside the including file, then along EC_CONF_SEARCH_PATH.
        Exit: 0 all files are valid, 1 one is not.

        Examples:
          ecgrid validate /etc/ecstream/ecelerity.conf
          ecgrid validate new.conf && cp new.conf /etc/ecstream/ecelerity.conf
        """;

    public static Command Create(CliHost host)
    {
        var files = new Argument<string[]>("FILE") { Description = "Configuration files, each on its own.", Arity = ArgumentArity.OneOrMore };
        var lenient = new Option<bool>("--lenient") { Description = "Judge as a node with Grid:Strict=false does." };
        var command = new ExampleCommand("validate", "Check configuration files without a node.", Examples) { files, lenient };
        command.SetAction((parsed, _) => Task.FromResult(
            Validate(host, parsed.GetRequiredValue(files), parsed.GetValue(lenient) ? ConfigStrictness.Lenient : ConfigStrictness.Strict)));
        return command;
    }

    private static int Validate(CliHost host, string[] files, ConfigStrictness strictness)
    {
        var code = ExitCode.Success;
        foreach (var file in files)
        {
            var result = ConfigurationLoader.LoadToServe(file, DiskConfigFiles.FromEnvironment(), strictness);
            foreach (var diagnostic in result.Diagnostics)
            {
                host.Out.WriteLine(Terminal.Printable.Line(diagnostic.ToString()));
            }

            if (result.Configuration is null)
            {
                code = ExitCode.NotEverything;
            }
            else
            {
                host.Out.WriteLine(files.Length == 1 ? "Configuration valid" : $"{Terminal.Printable.Line(file)}: Configuration valid");
            }
        }

        return code;
    }
}
