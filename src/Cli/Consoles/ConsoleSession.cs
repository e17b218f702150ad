using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Cli.Admin;
using EcStreamOrleans.Cli.Terminal;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Cli.Consoles;

/// <summary>How commands come in.</summary>
internal enum ConsoleMode
{
    /// <summary>One command, from the command line.</summary>
    Single,

    /// <summary>One a line, from a file or a pipe.</summary>
    Script,

    /// <summary>From a person.</summary>
    Interactive,
}

/// <summary>What is in effect, file and overrides.</summary>
internal sealed record LiveConfig(ConfigDocument Document, OverrideSet Overrides, string Origin)
{
    public ConfigView View => field ??= new ConfigView(Document, Overrides);
}

/// <summary>One session of the console: what its commands share.</summary>
/// <param name="host">The process.</param>
/// <param name="admin">The node.</param>
/// <param name="conf">The file to ask instead of a node, or null.</param>
/// <param name="mode">How commands come in.</param>
internal sealed class ConsoleSession(CliHost host, AdminClient admin, string? conf, ConsoleMode mode)
{
    public CliHost Host => host;

    public AdminClient Admin => admin;

    public PolicyClient Policy { get; } = new(admin);

    public ConsoleMode Mode => mode;

    public string? Conf => conf;

    /// <summary>The open transaction, or null.</summary>
    public Transaction? Transaction { get; set; }

    /// <summary>Whether a command of the open transaction has failed in a script, which goes on as if it had not.</summary>
    public bool HasFailedInTransaction { get; set; }

    /// <summary>Whether the operator has left.</summary>
    public bool IsOver { get; set; }

    /// <summary>Runs one command.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        var entry = ConsoleTable.Find(words, out var rest);
        var code = entry is null ? Refuse(ConsoleTable.WhyNot(words))
            : entry.NeedsNode && conf is not null ? Refuse($"{entry.Name} is for a node; leave --conf out")
            : await entry.Run(this, rest, cancellationToken);
        return entry?.IsQuestion == true ? code : NoteFailure(code);
    }

    /// <summary>Says why a line is none.</summary>
    public int RefuseLine(string why) => NoteFailure(Refuse(why));

    /// <summary>Prints a result.</summary>
    public int Print(string text)
    {
        if (text.Length > 0)
        {
            host.Out.WriteLine(Printable.Text(text));
        }

        return ExitCode.Success;
    }

    /// <summary>Prints that there is nothing, or that it was not done.</summary>
    public int PrintNot(string text)
    {
        Print(text);
        return ExitCode.NotEverything;
    }

    /// <summary>Says why nothing was asked or done.</summary>
    public int Refuse(string why) => host.CannotStart(why);

    /// <summary>Says why a node did not answer: that there is no such thing is an answer.</summary>
    public int Refuse<T>(Asked<T> asked)
        where T : class => asked.Answer is { IsMissing: true, Problem: not null } ? PrintNot(asked.Error) : Refuse(asked.Error);

    /// <summary>What is in effect, in a transaction as it would be behind the commit; null if it cannot be had, which has been said.</summary>
    public async Task<LiveConfig?> LiveAsync(bool ignoresTransaction, CancellationToken cancellationToken)
    {
        var (live, error) = await TryLiveAsync(ignoresTransaction, cancellationToken);
        if (error.Length > 0)
        {
            Refuse(error);
        }

        return live;
    }

    /// <summary>The same without a word; an empty error says that the errors of a file have been printed.</summary>
    public async Task<(LiveConfig? Live, string Error)> TryLiveAsync(bool ignoresTransaction, CancellationToken cancellationToken)
    {
        if (conf is not null)
        {
            return (FromFile(conf), "");
        }

        var asked = await Policy.GetAsync("api/v1/config", AdminJson.Default.ConfigReport, cancellationToken);
        if (asked.Value is not { } report)
        {
            return (null, asked.Error);
        }

        // The node has found it valid, with settings that are not known here: only the tree is of interest.
        if (ConfigurationLoader.Parse(report.Text, report.File ?? "default").Document is not { } document)
        {
            return (null, "this is no answer of the admin API: the configuration cannot be read");
        }

        var overrides = Transaction is { } transaction && !ignoresTransaction
            ? new(transaction.Overrides.At(host.TimeProvider.GetUtcNow(), out _), asked.Answer, "")
            : await Policy.OverridesAsync(cancellationToken);
        return overrides.Value is { } set
            ? (new LiveConfig(document, set, $"{report.File ?? "the configuration that is shipped"} (generation {report.Generation})"), "")
            : (null, overrides.Error);
    }

    private int NoteFailure(int code)
    {
        HasFailedInTransaction |= code != ExitCode.Success && Transaction is not null && mode == ConsoleMode.Script;
        return code;
    }

    // Lenient, as a node may be: what a strict one refuses is worth a look, too.
    private LiveConfig? FromFile(string file)
    {
        var result = ConfigurationLoader.Load(file, DiskConfigFiles.FromEnvironment(), ConfigStrictness.Lenient);
        if (result is { Configuration: not null, Document: { } document })
        {
            return new LiveConfig(document, OverrideSet.Empty, file);
        }

        foreach (var diagnostic in result.Diagnostics.Where(d => d.Severity == ConfigSeverity.Error))
        {
            host.Error.WriteLine(Printable.Line(diagnostic.ToString()));
        }

        return null;
    }
}
