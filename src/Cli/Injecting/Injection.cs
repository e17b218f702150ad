using EcStreamOrleans.Cli.Sending;
using EcStreamOrleans.Cli.Terminal;
using EcStreamOrleans.Delivery;

namespace EcStreamOrleans.Cli.Injecting;

/// <summary>One run of inject.</summary>
internal sealed class Injection
{
    private readonly CliHost _host;
    private readonly InjectOptions _options;
    private readonly PackageQueue _queue;
    private readonly FailureLines _failures;
    private readonly ReplyTally[] _tallies;
    private long _lost;

    // Shared: what one connection learns of the server holds for the others.
    private volatile bool _onePackageAConnection;

    private Injection(CliHost host, InjectOptions options)
    {
        _host = host;
        _options = options;
        _queue = new PackageQueue(options, host.StandardInput);
        _failures = new FailureLines(host, options.Files);
        _tallies = [.. Enumerable.Range(0, options.Connections).Select(_ => new ReplyTally())];
    }

    public static async Task<int> RunAsync(CliHost host, InjectOptions options, CancellationToken interrupted)
    {
        var missing = options.Files.FirstOrDefault(file => file != "-" && !File.Exists(file));
        if (missing is not null)
        {
            return host.CannotStart($"no such file: {missing}");
        }

        var (connections, error) = await Connections.OpenAllAsync(options.To, _ => null, options.Connections, host, interrupted);
        return connections is null ? host.CannotStart(error!) : await new Injection(host, options).RunAsync(connections, interrupted);
    }

    private async Task<int> RunAsync(IReadOnlyList<EcStreamConnection> connections, CancellationToken interrupted)
    {
        var start = _host.TimeProvider.GetTimestamp();
        await ProgressDisplay.RunAsync(
            _host,
            !_options.Json,
            "inject",
            _options.Total,
            () => _tallies.Sum(tally => tally.Answered),
            () => Task.WhenAll(connections.Select((connection, i) => Task.Run(() => ServeAsync(connection, _tallies[i], interrupted), CancellationToken.None))));
        var elapsed = _host.TimeProvider.GetElapsedTime(start);

        var total = new ReplyTally();
        foreach (var tally in _tallies)
        {
            total.Add(tally);
        }

        foreach (var (file, reason) in _queue.Unreadable)
        {
            _host.Note($"{file}: not sent: {reason}");
        }

        _failures.PrintRest();
        var unanswered = _lost + _queue.Returned;
        return RunSummary.Of(total, unanswered, _options.Total - total.Answered - unanswered, elapsed).Print(_host, _options.Json);
    }

    /// <summary>One worker: its first connection, and a new one for every message once the server turns out to want that.</summary>
    private async Task ServeAsync(EcStreamConnection? connection, ReplyTally tally, CancellationToken interrupted)
    {
        while (connection is not null)
        {
            bool goesOn;
            await using (connection)
            {
                goesOn = await ConverseAsync(connection, tally, interrupted);
            }

            connection = goesOn && !interrupted.IsCancellationRequested ? await ReconnectAsync(interrupted) : null;
        }
    }

    /// <returns>Whether another connection should take over.</returns>
    private async Task<bool> ConverseAsync(EcStreamConnection connection, ReplyTally tally, CancellationToken interrupted)
    {
        var single = _onePackageAConnection;
        var feed = new InjectFeed(_queue, tally, _failures, single ? 1 : long.MaxValue);
        var end = await PipelinedSession.RunAsync(connection, feed, single ? 1 : _options.Window, _host.TimeProvider, interrupted);
        if (end is null)
        {
            return single && connection.Sent > 0;
        }

        if (end.SuggestsOnePackageAConnection)
        {
            // The server has read one package and no more; what it never read is sent again.
            if (!_onePackageAConnection)
            {
                _onePackageAConnection = true;
                _host.Note($"{_options.To} takes one message a connection; sending them so");
            }

            _queue.Return(feed.Awaiting);
            return true;
        }

        Interlocked.Add(ref _lost, feed.Awaiting.Count);
        _host.Note(end.Text);
        return false;
    }

    private async Task<EcStreamConnection?> ReconnectAsync(CancellationToken interrupted)
    {
        try
        {
            var result = await Connections.ConnectAsync(_options.To, _host, interrupted);
            if (!result.IsConnected)
            {
                _host.Note(result.Error);
            }

            return result.Connection;
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            return null;
        }
    }
}
