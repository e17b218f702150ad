using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using EcStreamOrleans.Cli.Sending;
using EcStreamOrleans.Cli.Terminal;
using EcStreamOrleans.Delivery;

namespace EcStreamOrleans.Cli.Loading;

/// <summary>One run of load.</summary>
internal static class LoadRun
{
    public static async Task<int> RunAsync(CliHost host, LoadOptions options, CancellationToken interrupted)
    {
        if (!options.To.IsLocal && !options.AllowsRemote)
        {
            return host.CannotStart($"{options.To} is not this machine: load tests belong on one's own; --allow-remote says it is meant");
        }

        if (FindError(options) is { } error)
        {
            return host.CannotStart(error);
        }

        var minimum = LoadTemplate.MinimumSize(options.Sender, options.Recipient);
        if (options.Size < minimum)
        {
            return host.CannotStart($"--size {options.Size}: a message with its id needs at least {minimum} bytes");
        }

        LoadLedger? ledger = null;
        try
        {
            ledger = options.Ledger is { } path ? new LoadLedger(path) : null;
            var (connections, refusal) = await Connections.OpenAllAsync(options.To, i => AddressOf(options, i), options.Connections, host, interrupted);
            return connections is null ? host.CannotStart(refusal!) : await RunAsync(host, options, connections, ledger, interrupted);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Only the ledger is a file here. Without it the run proves nothing, so it ends.
            return host.CannotStart($"ledger {options.Ledger}: {failure.Message}");
        }
        finally
        {
            ledger?.Dispose();
        }
    }

    private static string? FindError(LoadOptions options)
    {
        var isUnix = options.To.Path is not null;
        return options switch
        {
            { Bind: not null } when isUnix => $"--bind {options.Bind}: a Unix socket has no address to come from",
            { Peers: > 1 } when isUnix => $"--peers {options.Peers}: a Unix socket has no address to come from",
            { Peers: > 1, Bind: { AddressFamily: not AddressFamily.InterNetwork } } => $"--peers {options.Peers}: addresses in a row are of IPv4, --bind is {options.Bind}",
            { Rate: > 0 } when options.Rate < options.Connections => $"--rate {options.Rate}: at least one message a second for each of {options.Connections} connections",
            _ => null,
        };
    }

    private static IPAddress? AddressOf(LoadOptions options, int connection)
    {
        if (options.Peers == 1)
        {
            return options.Bind;
        }

        Span<byte> octets = stackalloc byte[sizeof(uint)];
        (options.Bind ?? IPAddress.Loopback).TryWriteBytes(octets, out _);
        BinaryPrimitives.WriteUInt32BigEndian(octets, BinaryPrimitives.ReadUInt32BigEndian(octets) + (uint)(connection % options.Peers));
        return new IPAddress(octets);
    }

    private static async Task<int> RunAsync(
        CliHost host, LoadOptions options, IReadOnlyList<EcStreamConnection> connections, LoadLedger? ledger, CancellationToken interrupted)
    {
        var run = $"{host.Random.NextInt64(1L << 48):x12}";
        var date = host.TimeProvider.GetUtcNow();
        var feeds = new LoadFeed[connections.Count];
        for (var i = 0; i < feeds.Length; i++)
        {
            var share = (options.Count / feeds.Length) + (i < options.Count % feeds.Length ? 1 : 0);
            feeds[i] = new LoadFeed(LoadTemplate.Create(options, run, i, date), share, options.Window, (double)options.Rate / feeds.Length, ledger, host.TimeProvider);
        }

        var unanswered = new long[feeds.Length];
        var start = host.TimeProvider.GetTimestamp();
        await ProgressDisplay.RunAsync(
            host,
            !options.Json,
            $"load {run}",
            options.Count,
            () => feeds.Sum(feed => feed.Tally.Answered),
            () => Task.WhenAll(connections.Select((connection, i) => Task.Run(
                async () => unanswered[i] = await ConverseAsync(host, connection, feeds[i], options.Window, interrupted), CancellationToken.None))));
        return Summarise(options, feeds, unanswered.Sum(), host.TimeProvider.GetElapsedTime(start)).Print(host, options.Json);
    }

    /// <returns>How many packages were sent and have no reply.</returns>
    private static async Task<long> ConverseAsync(
        CliHost host, EcStreamConnection connection, LoadFeed feed, int window, CancellationToken interrupted)
    {
        await using (connection)
        {
            connection.KeepsAcceptedTexts = false;
            try
            {
                var end = await PipelinedSession.RunAsync(connection, feed, window, host.TimeProvider, interrupted);
                if (end is not null)
                {
                    host.Note(end.Text);
                }

                return connection.Unanswered;
            }
            finally
            {
                feed.FlushLedger();
            }
        }
    }

    private static RunSummary Summarise(LoadOptions options, LoadFeed[] feeds, long unanswered, TimeSpan elapsed)
    {
        var tally = new ReplyTally();
        var latencies = new LatencyHistogram();
        foreach (var feed in feeds)
        {
            tally.Add(feed.Tally);
            latencies.Add(feed.Latencies);
        }

        return RunSummary.Of(tally, unanswered, options.Count - tally.Answered - unanswered, elapsed) with
        {
            Bytes = tally.Accepted * options.Size,
            P50Milliseconds = latencies.QuantileMilliseconds(0.50),
            P99Milliseconds = latencies.QuantileMilliseconds(0.99),
            MaxMilliseconds = latencies.MaxMilliseconds,
        };
    }
}
