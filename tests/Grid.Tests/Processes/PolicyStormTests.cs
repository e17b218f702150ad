using System.Net;
using System.Text.Json;
using EcStreamOrleans.Grid.Tests.Admin;
using EcStreamOrleans.Grid.Tests.Harness;
using Xunit.Abstractions;

namespace EcStreamOrleans.Grid.Tests.Processes;

/// <summary>What operators were told is set, is set, whenever the silo is killed while they change policy.</summary>
public sealed class PolicyStormTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>The environment variable that sets another number of rounds; 50 is the long form.</summary>
    private const string Variable = "ECSTREAM_STORM_ROUNDS";

    private const int Writers = 6;

    private static readonly string[] Blocks = ["10.0.0.0/8", "10.0.0.0/16", "10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8::/32"];

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public Task TheSiloKilledWhileManyChangePolicy_WhatWasAnsweredIsThere_WholeAndOnce() => Seeded.RunAsync(20261122, async random =>
    {
        var rounds = int.TryParse(Environment.GetEnvironmentVariable(Variable), out var number) ? number : 12;
        var place = new SiloPlace(_directory);
        var ledger = new Ledger();
        for (var round = 0; round < rounds; round++)
        {
            using var silo = await SiloProcess.StartAsync(place);
            using var http = new HttpClient { BaseAddress = new Uri(place.Admin), Timeout = Within.Patience };
            await ledger.BalanceAsync(http);
            await RetryAsync(http, ledger, random);

            // Killed behind so many answers, while the other writers are anywhere in their changes.
            var end = new Countdown(random.Next(1, 120));
            var writers = Enumerable.Range(0, Writers).Select(w => StormAsync(place, $"{round}-{w}", new Random(random.Next()), ledger, end)).ToArray();
            await Within.PatienceOf(end.Reached, "so many changes are answered");
            silo.Kill();
            await Task.WhenAll(writers);
        }

        using var last = await SiloProcess.StartAsync(place);
        using var admin = new HttpClient { BaseAddress = new Uri(place.Admin), Timeout = Within.Patience };
        await ledger.BalanceAsync(admin);
        await RetryAsync(admin, ledger, random);
        await ledger.BalanceAsync(admin);
        output.WriteLine(ledger.Summary);
        Assert.True(ledger.Answered.Count > rounds, ledger.Summary);
    });

    private static async Task StormAsync(SiloPlace place, string name, Random random, Ledger ledger, Countdown end)
    {
        using var http = new HttpClient { BaseAddress = new Uri(place.Admin), Timeout = Within.Patience };
        for (var i = 0; ; i++)
        {
            var change = await MakeUpAsync(http, $"{name}-{i}", random);
            if (change is null || !await ledger.SendAsync(http, change))
            {
                return;
            }

            end.Count();
        }
    }

    /// <summary>A change by what is set now; null if the silo is gone.</summary>
    private static async Task<Change?> MakeUpAsync(HttpClient http, string reason, Random random)
    {
        var blocks = Blocks.OrderBy(_ => random.Next()).Take(random.Next(2, Blocks.Length + 1)).ToArray();
        var (kind, value) = (random.Next(4), random.Next(1, 10_000));
        if (kind == 1)
        {
            var head = await TryAsync(() => http.CallAsync("GET", "policy/overrides?limit=1"));
            var changes = blocks.Select((block, i) => i == 1 ? $$"""{"block":"{{block}}","clear":true}""" : $$$"""{"block":"{{{block}}}","set":{"maxBatchSize":{{{value}}}}}""");
            return head is null ? null : new Change(reason, "POST", "policy/changes?wait=0", $$"""{"baseVersion":{{head["version"].GetInt64()}},"reason":"{{reason}}","changes":[{{string.Join(',', changes)}}]}""", null, blocks.Length);
        }

        if (kind == 2)
        {
            return new Change(reason, "POST", "policy/suspensions?wait=0", $$"""{"block":"{{blocks[0]}}","reason":"{{reason}}"}""", null, 1);
        }

        var path = $"policy/overrides/{Uri.EscapeDataString(blocks[0])}";
        var scope = await TryAsync(() => http.CallAsync("GET", path));
        var version = scope?["version"].GetInt64();
        return scope is null ? null
            : kind == 0 ? new Change(reason, "PATCH", $"{path}?wait=0", $$"""{"maxBatchSize":{{value}},"reason":"{{reason}}"}""", version, 1)
            : new Change(reason, "DELETE", $"{path}?wait=0&reason={reason}", null, version, 1);
    }

    // An operator who got no answer looks whether his change is there, and makes it again if it is not.
    private static async Task RetryAsync(HttpClient http, Ledger ledger, Random random)
    {
        foreach (var reason in ledger.TakeUndecided())
        {
            for (Change? change = null; ledger.Find(reason) is null; await ledger.BalanceAsync(http))
            {
                // A change that changes nothing makes no entry: then the next one is made up.
                change = (await MakeUpAsync(http, reason, random))!;
                Assert.True(await ledger.SendAsync(http, change), $"{change} had no answer");
            }
        }
    }

    private static async Task<AdminAnswer?> TryAsync(Func<Task<AdminAnswer>> call)
    {
        try
        {
            return await call();
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private sealed record Change(string Reason, string Method, string Path, string? Body, long? IfMatch, int Scopes);

    /// <summary>What was asked for and answered, against what the silo has. The reason, which is in the log, tells changes apart.</summary>
    private sealed class Ledger
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<string, Change> _undecided = [];
        private Dictionary<string, LogEntry> _log = [];
        private int _refused;
        private int _wholeWithoutAnswer;
        private int _noneWithoutAnswer;

        /// <summary>Version and scopes of every change that was answered as made.</summary>
        public Dictionary<string, (long Version, int Scopes)> Answered { get; } = [];

        public string Summary => $"{_log.Count} entries; answered {Answered.Count}, refused {_refused}; without an answer: {_wholeWithoutAnswer} there whole, {_noneWithoutAnswer} not there";

        public LogEntry? Find(string reason) => _log.GetValueOrDefault(reason);

        /// <summary>False if there was no answer.</summary>
        public async Task<bool> SendAsync(HttpClient http, Change change)
        {
            lock (_lock)
            {
                _undecided[change.Reason] = change;
            }

            var answer = await TryAsync(() => http.CallAsync(change.Method, change.Path, change.Body, change.IfMatch));
            if (answer is null)
            {
                return false;
            }

            lock (_lock)
            {
                _undecided.Remove(change.Reason);
                if (answer.Status == HttpStatusCode.OK && answer["entry"] is { ValueKind: JsonValueKind.Object } entry)
                {
                    Answered.Add(change.Reason, (entry.GetProperty("version").GetInt64(), change.Scopes));
                }
                else
                {
                    Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict, $"{change}: {answer.Status} {answer.Compact}");
                    _refused++;
                }
            }

            return true;
        }

        public string[] TakeUndecided()
        {
            lock (_lock)
            {
                string[] reasons = [.. _undecided.Keys];
                _wholeWithoutAnswer += reasons.Count(_log.ContainsKey);
                _noneWithoutAnswer += reasons.Count(r => !_log.ContainsKey(r));
                _undecided.Clear();
                return reasons;
            }
        }

        /// <summary>The log has every answered change once and no gap, its replay is what is set, and every grain's state is that.</summary>
        public async Task BalanceAsync(HttpClient http)
        {
            var entries = await ReadLogAsync(http);
            Assert.Equal(Enumerable.Range(1, entries.Count).Select(v => (long)v), entries.Select(e => e.Version));
            Assert.Equal(entries.Count, entries.Select(e => e.Reason).Distinct().Count());
            _log = entries.ToDictionary(e => e.Reason);
            foreach (var (reason, (version, scopes)) in Answered)
            {
                Assert.True(_log.TryGetValue(reason, out var entry), $"{reason} was answered as version {version} and is not in the log");
                Assert.Equal((version, scopes), (entry.Version, entry.Changes.Count));
            }

            foreach (var change in _undecided.Values)
            {
                Assert.True(Find(change.Reason) is not { } entry || entry.Changes.Count == change.Scopes, $"{change} is half there");
            }

            // Each entry goes by the one before it.
            var set = new Dictionary<string, (string Set, long Version)>();
            foreach (var entry in entries)
            {
                foreach (var (block, before, after) in entry.Changes)
                {
                    Assert.Equal(set.GetValueOrDefault(block, ("{}", 0)).Set, before);
                    set[block] = (after, entry.Version);
                }
            }

            var listing = await http.CallAsync("GET", "policy/overrides?limit=1000");
            Assert.Equal(entries.Count, listing["version"].GetInt64());
            Assert.Equal(
                set.Where(s => s.Value.Set != "{}").Select(s => (s.Key, s.Value.Set, s.Value.Version)).Order(),
                listing["overrides"].EnumerateArray().Select(o => (o.GetProperty("block").GetString()!, Text(o.GetProperty("set")), o.GetProperty("version").GetInt64())).Order());
            foreach (var block in Blocks)
            {
                var state = await http.CallAsync("GET", $"policy/overrides/{Uri.EscapeDataString(block)}");
                Assert.Equal(set.GetValueOrDefault(block, ("{}", 0)), (Text(state["set"]), state["version"].GetInt64()));
            }
        }

        private static async Task<List<LogEntry>> ReadLogAsync(HttpClient http)
        {
            var entries = new List<LogEntry>();
            for (long? after = 0; after is not null;)
            {
                var page = await http.CallAsync("GET", $"policy/log?limit=500&after={after}");
                entries.AddRange(page["entries"].EnumerateArray().Select(e => new LogEntry(
                    e.GetProperty("version").GetInt64(),
                    e.GetProperty("reason").GetString()!,
                    [.. e.GetProperty("changes").EnumerateArray().Select(c => (c.GetProperty("block").GetString()!, Text(c.GetProperty("before")), Text(c.GetProperty("after"))))])));
                after = page["next"].ValueKind == JsonValueKind.Null ? null : page["next"].GetInt64();
            }

            return entries;
        }

        private static string Text(JsonElement element) => JsonSerializer.Serialize(element);
    }

    private sealed record LogEntry(long Version, string Reason, IReadOnlyList<(string Block, string Before, string After)> Changes);

    private sealed class Countdown(int count)
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _left = count;

        public Task Reached => _reached.Task;

        public void Count()
        {
            if (Interlocked.Decrement(ref _left) == 0)
            {
                _reached.SetResult();
            }
        }
    }
}
