using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Cli.Admin;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Cli.Consoles;

/// <summary>What asks for the configuration, and the order to read it anew.</summary>
internal static class ConfigQuestions
{
    public static IReadOnlyList<ConsoleEntry> Entries { get; } =
    [
        Question("config get", "[SCOPE…] OPTION", "what a scope itself sets", (view, words) => view.Get(words)),
        Question("config eval", "[SCOPE…] OPTION [--at INSTANT]", "what holds there by fallback, and where it comes from", (view, words) => view.Eval(words)) with
        {
            Run = EvalAsync,
            Details = """
                Tells what holds for a client of any address or block, or of 'unix', whether or not such a Peer is written.
                With --at the node tells what held, or will hold, for an address at an instant: the overrides are those of then, the
                configuration file is the present one.
                """,
        },
        Question("config show", "[SCOPE…] [OPTION]", "what a scope holds; the scopes in it stay closed", (view, words) => view.Show(words)),
        Question("config showrecurse", "[SCOPE…]", "a scope with everything in it", (view, words) => view.ShowRecurse(words)),
        Question("config locate", "NAME [TEXT]", "where the scopes of a name stand whose instance is, begins with or matches TEXT", (view, words) => view.Locate(words)),
        new("config reload", "", "have the node read its file anew", ReloadAsync),
    ];

    private static ConsoleEntry Question(string name, string arguments, string summary, Func<ConfigView, IReadOnlyList<string>, ConfigAnswer> ask) =>
        new(name, arguments, summary, async (session, words, cancellationToken) =>
            await session.LiveAsync(ignoresTransaction: false, cancellationToken) is { } live ? Answer(session, ask(live.View, words)) : ExitCode.CannotStart)
        {
            NeedsNode = false,
            IsQuestion = true,
            TakesScopes = true,
        };

    private static int Answer(ConsoleSession session, ConfigAnswer answer) => answer.Kind switch
    {
        ConfigAnswerKind.Found => session.Print(answer.Text),
        ConfigAnswerKind.NotFound => session.PrintNot(answer.Text),
        _ => session.Refuse(answer.Text),
    };

    private static async Task<int> EvalAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        var place = words.ToList().IndexOf("--at");
        if (place < 0)
        {
            return await session.LiveAsync(ignoresTransaction: false, cancellationToken) is { } live ? Answer(session, live.View.Eval(words)) : ExitCode.CannotStart;
        }

        if (session.Conf is not null)
        {
            return session.Refuse("config eval --at is for a node; leave --conf out");
        }

        if (place + 2 != words.Count || Instants.Parse(words[^1], session.Host.TimeProvider) is not { } instant)
        {
            return session.Refuse($"--at: {Instants.Forms}");
        }

        string[] scope = [.. words.Take(place)];
        if (scope is not [var listener, var listenName, var listen, var peerName, var peer, var option]
            || !Is(listener, "ECStream_Listener") || !Is(listenName, "Listen") || !Is(peerName, "Peer")
            || PolicyCommands.FindOption(option) is not { } definition)
        {
            return session.Refuse($"--at is known for {PolicyText.IdleTime} and {PolicyText.MaxBatchSize} of a client: ECStream_Listener Listen ADDRESS Peer ADDRESS OPTION");
        }

        var asked = await session.Policy.GetAsync(
            $"api/v1/policy/effective?listen={Uri.EscapeDataString(listen)}&peer={Uri.EscapeDataString(peer)}&at={Uri.EscapeDataString(Instants.Print(instant))}",
            AdminJson.Default.EffectiveReport,
            cancellationToken);
        if (asked.Value is not { } effective)
        {
            return session.Refuse(asked);
        }

        if (effective.Options.FirstOrDefault(o => Is(o.Option, definition.Name)) is not { } holds)
        {
            return session.Refuse($"the node does not tell {definition.Name}");
        }

        session.Print($"{holds.Option} = {holds.Value}  # {(holds.Origin == PolicyEvaluator.DefaultOrigin ? holds.Origin : $"from {holds.Origin}")}");
        return session.Print($"# at {Instants.Print(effective.At)}, version {effective.Version} over the present file{(effective.Suspension is { } by ? $"; suspended by {by.Origin}" : "")}");
    }

    private static async Task<int> ReloadAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken) =>
        words.Count > 0 ? session.Refuse("config reload takes no argument: the node reads the file that it was started with")
        : session.Transaction is not null ? session.Refuse("config reload: a transaction is open; commit it or roll it back first")
        : await Reload.RunAsync(session.Host, session.Admin, cancellationToken);

    private static bool Is(string word, string name) => word.Equals(name, StringComparison.OrdinalIgnoreCase);
}
