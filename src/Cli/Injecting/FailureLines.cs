using EcStreamOrleans.Cli.Terminal;

namespace EcStreamOrleans.Cli.Injecting;

/// <summary>One line on standard error for each failure, up to a bound, and then how many more there were.</summary>
internal sealed class FailureLines(CliHost host, IReadOnlyList<string> files)
{
    private const int MaxLines = 20;

    private readonly Lock _lock = new();
    private long _count;

    public void Add(int file, string verdict, string text)
    {
        lock (_lock)
        {
            if (_count++ < MaxLines)
            {
                host.Error.WriteLine(Printable.Line($"{files[file]}: {verdict}: {text}"));
            }
        }
    }

    public void PrintRest()
    {
        if (_count > MaxLines)
        {
            host.Error.WriteLine($"… and {_count - MaxLines} more");
        }
    }
}
