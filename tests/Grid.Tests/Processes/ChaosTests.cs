using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using EcStreamOrleans.Grid.Tests.Admin;
using EcStreamOrleans.Grid.Tests.Harness;
using Xunit.Abstractions;

namespace EcStreamOrleans.Grid.Tests.Processes;

/// <summary>
/// Four silos and two edges, two hundred peers, and every few seconds one of the processes is killed: what got K is delivered, and the policy is what
/// operators were told that it is.
/// </summary>
public sealed partial class ChaosTests(ITestOutputHelper output) : IAsyncLifetime
{
    /// <summary>The environment variable that sets another duration in seconds; 600 is the long form.</summary>
    private const string Variable = "ECSTREAM_CHAOS_SECONDS";

    private const int Silos = 4;
    private const int Edges = 2;
    private const int Peers = 200;
    private const int Workers = 8;

    private readonly TempDirectory _directory = new();
    private readonly List<SiloPlace> _places = [];
    private readonly List<SiloProcess> _silos = [];
    private readonly List<EdgeProcess> _edges = [];
    private readonly ConcurrentDictionary<string, byte> _accepted = new();
    private readonly ConcurrentDictionary<long, string> _changes = new();
    private readonly ConcurrentQueue<(TimeSpan At, double Milliseconds)> _latencies = new();
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private Azurite _azurite = null!;
    private ClusterPlace _cluster = null!;
    private long _deferred;
    private long _lost;

    public async Task InitializeAsync()
    {
        _azurite = Azurite.Missing is null ? await Azurite.StartNewAsync() : new Azurite();
        _cluster = new ClusterPlace(_azurite);
    }

    public Task DisposeAsync()
    {
        _edges.ForEach(edge => edge.Dispose());
        _silos.ForEach(silo => silo.Dispose());
        _azurite.Dispose();
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [AzuriteFact]
    public Task OneProcessAfterTheOtherKilled_NothingThatGotKIsMissing_AndThePolicyIsExact() => Seeded.RunAsync(20261123, async random =>
    {
        var duration = TimeSpan.FromSeconds(int.TryParse(Environment.GetEnvironmentVariable(Variable), out var seconds) ? seconds : 60);
        await StartAsync();
        using var end = new CancellationTokenSource();
        Task[] load = [.. Enumerable.Range(0, Workers).Select(worker => SendAsync(worker, end.Token)), ChangeAsync(new Random(random.Next()), end.Token)];
        await Within.Becomes(() => _accepted.Count > Peers, "every peer has sent");

        var kills = new List<(TimeSpan At, string What)>();
        var began = _time.Elapsed;
        while (_time.Elapsed - began < duration)
        {
            kills.Add((_time.Elapsed, await KillAsync(random.Next(Silos + Edges))));
            var accepted = _accepted.Count;
            await Within.Becomes(() => _accepted.Count > accepted + Peers, "mail is taken again");
        }

        await end.CancelAsync();
        await Task.WhenAll(load);
        Report(kills);
        await BalanceMailAsync();
        await BalancePolicyAsync();
    });

    private async Task StartAsync()
    {
        for (var i = 0; i < Silos; i++)
        {
            _places.Add(new SiloPlace(_directory, SiloPlace.Maildir(Maildir(i)), $"silo{i}") { Cluster = _cluster, GatewayPort = ServicePort.Next() });
            _silos.Add(await SiloProcess.StartAsync(_places[i]));
        }

        for (var i = 0; i < Edges; i++)
        {
            _edges.Add(EdgeProcess.Start(_directory, $"edge{i}", _cluster));
            await _edges[i].BecomesReadyAsync();
        }
    }

    private string Maildir(int silo) => _directory.Sub($"silo{silo}-mail");

    /// <summary>Kills one, and waits until it, started again, takes mail.</summary>
    private async Task<string> KillAsync(int victim)
    {
        if (victim < Silos)
        {
            _silos[victim].Kill();
            _silos[victim].Dispose();
            _silos[victim] = await SiloProcess.StartAsync(_places[victim]);
            return $"silo {victim}";
        }

        var edge = victim - Silos;
        _edges[edge].Process.Kill();
        _edges[edge].Dispose();
        _edges[edge] = EdgeProcess.Start(_directory, $"edge{edge}-{_time.ElapsedMilliseconds}", _cluster);
        await _edges[edge].BecomesReadyAsync();
        return $"edge {edge}";
    }

    /// <summary>A part of the peers, each with a connection of its own to one of the edges; one message after the other, so many a second.</summary>
    private async Task SendAsync(int worker, CancellationToken end)
    {
        var mine = Enumerable.Range(0, Peers).Where(peer => peer % Workers == worker).ToArray();
        var clients = new RawClient?[Peers];
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var i = 0; !end.IsCancellationRequested; i++)
        {
            var peer = mine[i % mine.Length];
            var id = $"{worker}-{i}";
            var began = _time.Elapsed;
            try
            {
                clients[peer] ??= await RawClient.ConnectAsync(_edges[(peer + i) % Edges].EndPoint, IPAddress.Parse($"127.1.{peer / 100}.{1 + (peer % 100)}"));
                await clients[peer]!.SendAsync(RawClient.Package($"X-Chaos-Id: {id}\r\n\r\nx"));
                var reply = await Within.PatienceOf(clients[peer]!.ReadReplyAsync(), "a message is answered");
                if (reply.StartsWith('K'))
                {
                    _accepted.TryAdd(id, 0);
                    _latencies.Enqueue((_time.Elapsed, (_time.Elapsed - began).TotalMilliseconds));
                }
                else
                {
                    Assert.StartsWith("Z4.3", reply);
                    Interlocked.Increment(ref _deferred);
                }
            }
            catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException or EndOfStreamException)
            {
                // The edge is gone with the connection: whether the message was taken is not known.
                clients[peer]?.Dispose();
                clients[peer] = null;
                Interlocked.Increment(ref _lost);
            }

            await pace.WaitForNextTickAsync(CancellationToken.None);
        }

        foreach (var client in clients)
        {
            client?.Dispose();
        }
    }

    /// <summary>An operator, at one silo or another.</summary>
    private async Task ChangeAsync(Random random, CancellationToken end)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        for (var i = 1; !end.IsCancellationRequested; i++)
        {
            var admin = _places[random.Next(Silos)].Admin;
            var block = $"127.1.0.{1 + random.Next(20)}";
            try
            {
                using var read = await http.GetAsync($"{admin}/api/v1/policy/overrides/{block}", CancellationToken.None);
                using var write = new HttpRequestMessage(HttpMethod.Put, $"{admin}/api/v1/policy/overrides/{block}") { Content = new StringContent($$"""{"maxBatchSize":{{i}},"reason":"chaos {{i}}"}""", null, "application/json") };
                write.Headers.TryAddWithoutValidation("If-Match", read.Headers.ETag?.Tag);
                using var answer = await http.SendAsync(write, CancellationToken.None);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    var version = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync(CancellationToken.None)).RootElement.GetProperty("entry").GetProperty("version").GetInt64();
                    Assert.True(_changes.TryAdd(version, $"chaos {i}"), $"Version {version} was answered twice.");
                }
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
            {
                // Killed in the midst of it: the change may have been made.
            }

            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private async Task BalanceMailAsync()
    {
        foreach (var silo in _silos)
        {
            Assert.Equal(0, (await silo.DrainsAsync()).Spool.MessagesFailed);
        }

        var delivered = Enumerable.Range(0, Silos).Select(Maildir).Where(Directory.Exists).SelectMany(DeliveredMail.ReadAll).Select(mail => Id().Match(mail.Text).Groups["id"].Value).ToList();
        var missing = _accepted.Keys.Except(delivered).ToList();
        output.WriteLine($"{_accepted.Count} accepted, {_deferred} deferred, {_lost} without an answer; {delivered.Count} delivered, {delivered.Count - delivered.Distinct().Count()} of them again.");
        Assert.True(missing.Count == 0, $"{missing.Count} of {_accepted.Count} messages got K and are missing, the first: {string.Join(", ", missing.Take(5))}.");
    }

    /// <summary>Every change that was answered is in the log; the log has no gap, and each scope is what its last change made it, at every silo.</summary>
    private async Task BalancePolicyAsync()
    {
        using var http = new HttpClient { Timeout = Within.Patience };
        http.BaseAddress = new Uri(_places[0].Admin);
        var log = new List<(long Version, string Reason, string Block, int Size)>();
        while (true)
        {
            var page = (await http.CallAsync("GET", $"policy/log?after={log.Count}&limit=100"))["entries"].EnumerateArray().ToList();
            if (page.Count == 0)
            {
                break;
            }

            log.AddRange(page.Select(entry => (
                entry.GetProperty("version").GetInt64(),
                entry.GetProperty("reason").GetString()!,
                entry.GetProperty("changes")[0].GetProperty("block").GetString()!,
                entry.GetProperty("changes")[0].GetProperty("after").GetProperty("maxBatchSize").GetInt32())));
        }

        Assert.Equal(Enumerable.Range(1, log.Count).Select(i => (long)i), log.Select(entry => entry.Version));
        Assert.All(_changes, change => Assert.Equal(change.Value, log[(int)change.Key - 1].Reason));
        output.WriteLine($"{_changes.Count} changes answered, {log.Count} made.");
        Assert.NotEmpty(_changes);
        foreach (var place in _places)
        {
            using var admin = new HttpClient { BaseAddress = new Uri(place.Admin), Timeout = Within.Patience };
            await Within.Becomes(async () => (await admin.CallAsync("GET", "status"))["policy"].GetProperty("version").GetInt64() == log.Count, "the silo is in step");
            foreach (var last in log.GroupBy(entry => entry.Block).Select(entries => entries.Last()))
            {
                Assert.Equal(last.Size, (await admin.CallAsync("GET", $"policy/overrides/{last.Block}"))["set"].GetProperty("maxBatchSize").GetInt32());
            }
        }
    }

    /// <summary>What a person wants to know of a long run: how long after each kill it took until mail was taken as quickly as before.</summary>
    private void Report(List<(TimeSpan At, string What)> kills)
    {
        var seconds = _latencies.GroupBy(l => (int)l.At.TotalSeconds).ToDictionary(l => l.Key, l => l.Select(x => x.Milliseconds).Order().ToArray() is var s ? s[(int)(s.Length * 0.99)] : 0);
        var usual = seconds.Values.Order().ElementAt(seconds.Count / 2);
        foreach (var (at, what) in kills)
        {
            var back = Enumerable.Range((int)at.TotalSeconds + 1, 120).FirstOrDefault(second => seconds.GetValueOrDefault(second, double.MaxValue) <= 3 * usual);
            output.WriteLine($"{at.TotalSeconds:0.0} s: {what} killed; p99 of a second at most three times the usual {usual:0} ms again {(back == 0 ? "never" : $"after {back - at.TotalSeconds:0.0} s")}");
        }
    }

    [GeneratedRegex("X-Chaos-Id: (?<id>[0-9-]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Id();
}
