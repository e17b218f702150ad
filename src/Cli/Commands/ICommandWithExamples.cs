using System.CommandLine;

namespace EcStreamOrleans.Cli.Commands;

/// <summary>A command whose help ends with more than its options.</summary>
internal interface ICommandWithExamples
{
    /// <summary>Details and examples, as they are printed.</summary>
    string Examples { get; }
}

/// <summary>A command with its examples.</summary>
internal sealed class ExampleCommand(string name, string description, string examples) : Command(name, description), ICommandWithExamples
{
    public string Examples { get; } = examples;
}
