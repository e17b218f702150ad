namespace EcStreamOrleans.Cli.Consoles;

/// <summary>Transactions: changes that take effect together or not at all.</summary>
internal static class TransactionCommands
{
    private const string NoTransaction = "no transaction is open; 'config begin' opens one";

    public static IReadOnlyList<ConsoleEntry> Entries { get; } =
    [
        new("config begin", "[from scratch]", "open a transaction: what is set from now on takes effect with the commit", BeginAsync)
        {
            Details = """
                It lasts as long as the console does, and only this console sees it: get, eval, show and locate answer as if it were committed.
                'from scratch' begins with no option set at any Peer scope; suspensions stay.
                """,
        },
        new("config replay", "", "the commands of the open transaction", (session, words, _) => Task.FromResult(Replay(session, words))) { IsQuestion = true },
        new("config commit", "[reason \"…\"]", "put the transaction into effect, all of it or nothing", CommitAsync)
        {
            Details = "If another has changed one of its scopes since 'config begin', nothing is changed and the transaction stays open.",
        },
        new("config rollback", "", "drop the transaction", (session, words, _) => Task.FromResult(Rollback(session, words))),
    ];

    private static async Task<int> BeginAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        var isFromScratch = words is [var from, var scratch]
            && from.Equals("from", StringComparison.OrdinalIgnoreCase) && scratch.Equals("scratch", StringComparison.OrdinalIgnoreCase);
        if (words.Count > 0 && !isFromScratch)
        {
            return session.Refuse("config begin takes nothing, or 'from scratch'");
        }

        if (session.Mode == ConsoleMode.Single)
        {
            return session.Refuse("a transaction lasts as long as the console: run 'ecgrid console' and type its commands there, or pipe them in");
        }

        if (session.Transaction is not null)
        {
            return session.Refuse("a transaction is open already; commit it or roll it back first");
        }

        var asked = await session.Policy.OverridesAsync(cancellationToken);
        if (asked.Value is not { } overrides)
        {
            return session.Refuse(asked);
        }

        session.Transaction = new Transaction(overrides, isFromScratch);
        session.HasFailedInTransaction = false;
        session.Print("Transaction started.");
        return isFromScratch
            ? session.Print($"# from scratch: what is set at {overrides.Entries.Count(e => e.Value != e.Value.WithoutOptions())} scopes goes with the commit unless it is set again; suspensions and the file stay")
            : ExitCode.Success;
    }

    private static int Replay(ConsoleSession session, IReadOnlyList<string> words) =>
        words.Count > 0 ? session.Refuse("config replay takes no argument")
        : session.Transaction is { } transaction ? session.Print(string.Join('\n', transaction.Commands))
        : session.Refuse(NoTransaction);

    private static async Task<int> CommitAsync(ConsoleSession session, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        if (session.Transaction is not { } transaction)
        {
            return session.Refuse(NoTransaction);
        }

        if (!Trailing.TryRead(words, session.Host.TimeProvider, ["reason"], out var trailing, out var error))
        {
            return session.Refuse(error);
        }

        // A script goes on behind a slip; half of what it meant is not to take effect.
        if (session.HasFailedInTransaction)
        {
            return session.PrintNot("Commit failed: a command of this transaction has failed.");
        }

        var changes = transaction.Changes(session.Host.TimeProvider.GetUtcNow());
        if (changes.Count == 0)
        {
            session.Transaction = null;
            session.Print("Transaction committed.");
            return session.Print("# nothing changed: it is so already");
        }

        // The node looks at the scopes of the changes; from scratch is about all that there are.
        if (transaction.IsFromScratch)
        {
            var between = await session.Policy.LogAsync(transaction.BaseVersion, transaction.BaseVersion + 1, cancellationToken);
            if (between.Value is not { } entries)
            {
                return session.Refuse(between);
            }

            if (entries.Count > 0)
            {
                return session.PrintNot($"Commit failed: {PolicyCommands.Conflict(entries[0])}");
            }
        }

        var made = await session.Policy.CommitAsync(transaction.BaseVersion, changes, trailing.Reason ?? transaction.Reason, cancellationToken);
        if (made.Value is not { } report)
        {
            return PolicyCommands.NotMade(session, "Commit", made);
        }

        session.Transaction = null;
        session.Print("Transaction committed.");
        return session.Print(PolicyCommands.Spread(report));
    }

    private static int Rollback(ConsoleSession session, IReadOnlyList<string> words)
    {
        if (words.Count > 0 || session.Transaction is null)
        {
            return session.Refuse(words.Count > 0 ? "config rollback takes no argument" : NoTransaction);
        }

        session.Transaction = null;
        return session.Print("Transaction rolled back.");
    }
}
