using System.Reflection;

namespace EcStreamOrleans.Cli.Consoles;

/// <summary>The console itself.</summary>
internal static class GeneralCommands
{
    public static IReadOnlyList<ConsoleEntry> Entries { get; } =
    [
        new("help", "[COMMAND]", "this, or more about a command", (session, words, _) => Task.FromResult(Help(session, words))) { NeedsNode = false, IsQuestion = true },
        new("config", "[help]", "the commands about the configuration", (session, words, _) => Task.FromResult(
            words is [] || (words is [var help] && help.Equals("help", StringComparison.OrdinalIgnoreCase))
                ? Help(session, ["config"])
                : session.Refuse(ConsoleTable.WhyNot(["config", .. words])))) { NeedsNode = false },
        new("quit", "", "leave", (session, _, _) => Task.FromResult(Quit(session))) { NeedsNode = false, IsQuestion = true },
        new("exit", "", "leave", (session, _, _) => Task.FromResult(Quit(session))) { NeedsNode = false, IsQuestion = true },
    ];

    /// <summary>The version of ecgrid.</summary>
    public static string Version { get; } =
        typeof(GeneralCommands).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    private static int Help(ConsoleSession session, IReadOnlyList<string> words)
    {
        var entries = ConsoleTable.Under(words).ToList();
        if (entries.Count == 0)
        {
            return session.Refuse(ConsoleTable.WhyNot(words));
        }

        foreach (var entry in entries)
        {
            session.Print($"  {entry.Name} {entry.Arguments}".TrimEnd());
            session.Print($"      {entry.Summary}");
            if (entries.Count == 1 && entry.Details is { } details)
            {
                session.Print(string.Join('\n', details.Split('\n').Select(line => $"      {line}")));
            }
        }

        return entries.Count == 1 ? ExitCode.Success : session.Print(
            "A SCOPE is a name, in any case, and an instance if it has one: ECStream_Listener Listen :1825 Peer 10.0.0.7");
    }

    private static int Quit(ConsoleSession session)
    {
        session.IsOver = true;
        return ExitCode.Success;
    }
}
