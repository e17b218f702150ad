using System.Net;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Grid.Tests.Grains;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Silo.State;
using Microsoft.Extensions.DependencyInjection;

namespace EcStreamOrleans.Grid.Tests.Admin;

public sealed class ChangeTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private TestSilo _silo = null!;

    public async Task InitializeAsync() => _silo = await TestSilo.StartAsync(_directory);

    public async Task DisposeAsync()
    {
        await _silo.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Changes_AreMadeTogether_AndUndoneWithWhatTheLogHasFromBefore()
    {
        await _silo.Admin.CallAsync("POST", "policy/changes", """{"baseVersion":0,"changes":[{"block":"10.0.0.1","set":{"maxBatchSize":5,"suspended":true,"suspendedReason":"abuse"}}]}""");

        var made = await _silo.Admin.CallAsync("POST", "policy/changes?wait=10",
            """{"baseVersion":1,"reason":"both","changes":[{"block":"10.0.0.1","clear":true},{"listen":"127.0.0.1:0","block":"10.0.0.0/24","set":{"idleTime":30,"idleTimeUntil":"2100-01-01T00:00:00Z"}}]}""");

        Assert.Equal((HttpStatusCode.OK, "\"2\""), (made.Status, made.ETag));
        Assert.Equal(2, made["entry"].GetProperty("changes").GetArrayLength());
        Assert.StartsWith("1 of 1 nodes at version 2", made["spread"].GetProperty("summary").GetString());
        var before = made["entry"].GetProperty("changes")[0].GetProperty("before").GetRawText();
        var undone = await _silo.Admin.CallAsync("POST", "policy/changes", $$"""{"baseVersion":2,"changes":[{"block":"10.0.0.1","set":{{before}}}]}""");
        Assert.Equal(before, undone["entry"].GetProperty("changes")[0].GetProperty("after").GetRawText());
    }

    [Fact]
    public async Task WhoGoesByAnOldVersion_IsToldWhoCameBetween_AndNothingIsMade()
    {
        await PolicyTests.CommitAsync(_silo, 0, ("", "10.0.0.1", new PeerOverride { MaxBatchSize = 5 }));

        var answer = await _silo.Admin.CallAsync("POST", "policy/changes", """{"baseVersion":0,"changes":[{"block":"10.0.0.2","clear":true},{"block":"10.0.0.1","set":{"maxBatchSize":6}}]}""");

        Assert.Equal((HttpStatusCode.Conflict, "application/problem+json"), (answer.Status, answer.Type));
        Assert.Equal((1, "tester", 5), (answer["conflict"].GetProperty("version").GetInt64(), answer["conflict"].GetProperty("actor").GetString(), answer["conflict"].GetProperty("changes")[0].GetProperty("after").GetProperty("maxBatchSize").GetInt32()));
        Assert.Single(await PolicyTests.Policy(_silo).ReadAsync(0, 10, default));
    }

    [Fact]
    public async Task AsManyScopesAsAChangeMayHave_AreChangedTogether()
    {
        string[] blocks = [.. Enumerable.Range(0, PolicyProposal.MaxChanges).Select(i => $"10.0.{i >> 8}.{i & 255}")];

        var made = await _silo.Admin.CallAsync(
            "POST", "policy/changes?wait=10", $$"""{"baseVersion":0,"changes":[{{string.Join(',', blocks.Select(block => $$$"""{"block":"{{{block}}}","set":{"maxBatchSize":5}}"""))}}]}""");

        Assert.Equal((HttpStatusCode.OK, "\"1\"", blocks.Length), (made.Status, made.ETag, made["entry"].GetProperty("changes").GetArrayLength()));
        foreach (var block in new[] { blocks[0], blocks[^1] })
        {
            Assert.Equal("\"1\"", (await _silo.Admin.CallAsync("GET", $"policy/overrides/{block}")).ETag);
        }
    }

    [Fact]
    public async Task EveryFault_IsNamedInItsPlace_AndNothingIsMade()
    {
        var answer = await _silo.Admin.CallAsync("POST", "policy/changes",
            """
            {"reason":"x","changes":[
              {"block":"10.0.0.1","set":{"maxBatchSize":0,"maxSize":1}},
              {"block":"[::ffff:10.0.0.1]","clear":true},
              {"block":"10.0.0.2"},
              {"block":"10.0.0.3","set":{},"clear":true},
              {"listen":"nowhere","block":"10.0.0.4","clear":true},
              {"set":{"suspendedUntil":"2100-01-01T00:00:00Z"}},
              7
            ]}
            """);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(
            [
                "/baseVersion", "/changes/0/set/maxBatchSize", "/changes/0/set/maxSize", "/changes/1/block", "/changes/2", "/changes/3", "/changes/4/listen",
                "/changes/5/block", "/changes/5/set/suspendedUntil", "/changes/6",
            ],
            answer.Faults.Select(f => f.Pointer).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal("/changes", Assert.Single((await _silo.Admin.CallAsync("POST", "policy/changes", """{"baseVersion":0,"changes":[]}""")).Faults).Pointer);
        Assert.Empty(await PolicyTests.Policy(_silo).ReadAsync(0, 10, default));
    }

    [Fact]
    public async Task ANodeThatDoesNotConfirm_IsNamed_AndTheChangeIsMadeAllTheSame()
    {
        var deaf = new Deaf();
        await PolicyTests.Policy(_silo).FollowAsync("deaf", 0, _silo.Grains.CreateObjectReference<IPolicyObserver>(deaf), default);

        var answer = await _silo.Admin.CallAsync("POST", "policy/changes?wait=0.2", """{"baseVersion":0,"changes":[{"block":"10.0.0.1","set":{"idleTime":5}}]}""");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("deaf", Assert.Single(answer["spread"].GetProperty("missing").EnumerateArray()).GetString());
        Assert.EndsWith("; missing: deaf", answer["spread"].GetProperty("summary").GetString());
        GC.KeepAlive(deaf);
    }

    [Fact]
    public async Task AWriteInDoubt_IsMadeOnce_AndOneThatCannotBeMade_SaysSo()
    {
        using var directory = new TempDirectory();
        var store = new DoubtfulLog();
        await using var silo = await TestSilo.StartAsync(directory, services: services => services.AddSingleton<IPolicyLog>(s =>
        {
            store.Inner = new SqlitePolicyLog(s.GetRequiredService<SqliteFile>());
            return store;
        }));

        // The entry is there, the answer is lost.
        store.Losses = 1;
        var made = await silo.Admin.PutAsync("10.0.0.1", """{"idleTime":5}""", 0);
        Assert.Equal((HttpStatusCode.OK, "\"1\""), (made.Status, made.ETag));

        store.IsAway = true;
        var refused = await silo.Admin.PutAsync("10.0.0.1", """{"idleTime":6}""", 1);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "application/problem+json"), (refused.Status, refused.Type));
        store.IsAway = false;
        Assert.Equal("\"2\"", (await silo.Admin.PutAsync("10.0.0.1", """{"idleTime":6}""", 1)).ETag);
        Assert.Equal(2, (await PolicyTests.Policy(silo).ReadAsync(0, 10, default)).Count);
    }

    private sealed class DoubtfulLog : IPolicyLog
    {
        public IPolicyLog Inner { get; set; } = null!;

        public int Losses { get; set; }

        public bool IsAway { get; set; }

        public ValueTask<IReadOnlyList<PolicyEntry>> ReadAsync(long afterVersion, int limit, CancellationToken cancellationToken) => Inner.ReadAsync(afterVersion, limit, cancellationToken);

        public async ValueTask<bool> TryAppendAsync(PolicyEntry entry, CancellationToken cancellationToken)
        {
            if (IsAway)
            {
                throw new IOException("The store is away.");
            }

            var isAppended = await Inner.TryAppendAsync(entry, cancellationToken);
            return Losses-- > 0 ? throw new IOException("The answer is lost.") : isAppended;
        }
    }

    private sealed class Deaf : IPolicyObserver
    {
        public ValueTask PushAsync(IReadOnlyList<PolicyEntry> entries) => default;
    }
}
