using System.Net;
using EcStreamOrleans.Grid.Tests.Harness;

namespace EcStreamOrleans.Grid.Tests.Admin;

public sealed class OverrideTests : IAsyncLifetime
{
    private const string Block = "policy/overrides/10.0.0.0%2F16";

    private readonly TempDirectory _directory = new();
    private TestSilo _silo = null!;

    public async Task InitializeAsync() => _silo = await TestSilo.StartAsync(_directory);

    public async Task DisposeAsync()
    {
        await _silo.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task AScope_IsWrittenPatchedAndCleared_EachBehindTheVersionBefore()
    {
        var never = await _silo.Admin.CallAsync("GET", Block);
        Assert.Equal("""{"scope":"ECStream_Listener::Peer:10.0.0.0/16:","listen":"","block":"10.0.0.0/16","set":{},"version":0}""", never.Compact);
        Assert.Equal("\"0\"", never.ETag);

        var put = await _silo.Admin.CallAsync("PUT", Block + "?wait=10", """{"idleTime":60,"maxBatchSize":5,"reason":"too fast"}""", ifMatch: 0, actor: "ann\tb");
        Assert.Equal((HttpStatusCode.OK, "\"1\""), (put.Status, put.ETag));
        var entry = put["entry"];
        Assert.Equal(("local:ann b", "api", "too fast"), (entry.GetProperty("actor").GetString(), entry.GetProperty("source").GetString(), entry.GetProperty("reason").GetString()));
        Assert.Matches("^1 of 1 nodes at version 1, slowest [0-9]+ ms$", put["spread"].GetProperty("summary").GetString());

        // One spelling, whatever is asked for.
        var patched = await _silo.Admin.CallAsync("PATCH", "policy/overrides/10.0.3.4%2F16", """{"idleTime":null,"maxBatchSizeUntil":"2100-01-01T01:00:00+01:00"}""", 1, type: "application/merge-patch+json");
        Assert.Equal((HttpStatusCode.OK, "\"2\""), (patched.Status, patched.ETag));
        var got = await _silo.Admin.CallAsync("GET", Block);
        Assert.Equal(("""{"maxBatchSize":5,"maxBatchSizeUntil":"2100-01-01T00:00:00+00:00"}""", "\"2\""), (got["set"].GetRawText().ReplaceLineEndings("").Replace(" ", ""), got.ETag));

        var replaced = await _silo.Admin.PutAsync("10.0.0.0/16", """{"idleTime":70}""", 2);
        Assert.Equal("""{"idleTime":70}""", replaced["entry"].GetProperty("changes")[0].GetProperty("after").GetRawText().ReplaceLineEndings("").Replace(" ", ""));
        var cleared = await _silo.Admin.CallAsync("DELETE", Block + "?reason=done", ifMatch: 3);
        Assert.Equal((HttpStatusCode.OK, "\"4\"", "done"), (cleared.Status, cleared.ETag, cleared["entry"].GetProperty("reason").GetString()));
        Assert.Equal(("{}", "\"4\""), ((await _silo.Admin.CallAsync("GET", Block))["set"].GetRawText(), (await _silo.Admin.CallAsync("GET", Block)).ETag));
    }

    [Fact]
    public async Task AWrite_WithoutAVersion_IsRefused_AndAStaleOneIsShownBothValues()
    {
        await _silo.Admin.PutAsync("10.0.0.0/16", """{"idleTime":60,"reason":"first"}""", 0);

        var without = await _silo.Admin.CallAsync("PATCH", Block, """{"idleTime":70}""");
        Assert.Equal((HttpStatusCode.PreconditionRequired, "application/problem+json"), (without.Status, without.Type));
        var stale = await _silo.Admin.CallAsync("PATCH", Block, """{"idleTime":70}""", ifMatch: 0);

        Assert.Equal((HttpStatusCode.PreconditionFailed, "\"1\""), (stale.Status, stale.ETag));
        Assert.Equal((0, 70), (stale["yours"].GetProperty("version").GetInt64(), stale["yours"].GetProperty("set").GetProperty("idleTime").GetDouble()));
        var present = stale["present"];
        Assert.Equal((1, 60, "local", "first"), (present.GetProperty("version").GetInt64(), present.GetProperty("set").GetProperty("idleTime").GetDouble(), present.GetProperty("actor").GetString(), present.GetProperty("reason").GetString()));
        Assert.True(present.GetProperty("instant").TryGetDateTimeOffset(out _));
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await _silo.Admin.CallAsync("DELETE", Block, ifMatch: 7)).Status);
        Assert.Equal("\"1\"", (await _silo.Admin.CallAsync("GET", Block)).ETag);
    }

    [Fact]
    public async Task OfSixteenWriters_WithTheSameVersion_ExactlyOneWins()
    {
        await _silo.Admin.PutAsync("10.0.0.0/16", """{"idleTime":60}""", 0);

        var answers = await Task.WhenAll(Enumerable.Range(1, 16).Select(i => _silo.Admin.CallAsync("PATCH", Block, $$"""{"maxBatchSize":{{i}}}""", ifMatch: 1)));

        var winner = Assert.Single(answers, a => a.Status == HttpStatusCode.OK);
        Assert.Equal(15, answers.Count(a => a.Status == HttpStatusCode.PreconditionFailed && a["present"].GetProperty("version").GetInt64() == 2));
        var set = (await _silo.Admin.CallAsync("GET", Block))["set"];
        Assert.Equal(winner["entry"].GetProperty("changes")[0].GetProperty("after").GetProperty("maxBatchSize").GetInt32(), set.GetProperty("maxBatchSize").GetInt32());
        Assert.Equal(60, set.GetProperty("idleTime").GetDouble());
        Assert.Equal(2, (await _silo.Admin.CallAsync("GET", "policy/log"))["entries"].GetArrayLength());
    }

    [Fact]
    public async Task EverythingThatIsWrong_IsNamedInItsPlace_AndNothingIsChanged()
    {
        var answer = await _silo.Admin.CallAsync(
            "PUT",
            "policy/overrides/host.test?listen=nowhere&wait=11",
            """{"idleTime":0.5,"idleTimeUntil":"2020-01-01T00:00:00Z","maxBatchSize":"many","maxBatchSizeUntil":"tomorrow","reason":7,"idel/Time":1}""",
            ifMatch: 0);

        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (answer.Status, answer.Type));
        Assert.Equal(
            ["/idel~1Time", "/idleTime", "/idleTimeUntil", "/maxBatchSize", "/maxBatchSizeUntil", "/reason", null, null],
            answer.Faults.Select(f => f.Pointer).OrderBy(p => p is null).ThenBy(p => p, StringComparer.Ordinal));
        Assert.Contains(answer.Faults, f => f.Detail == "idleTime: expected an integer from 1 to 86400 (seconds), found 0.5");
        Assert.Contains(answer.Faults, f => f.Detail == "wait = 11: must be a number from 0 to 10.");
        Assert.Contains(answer.Faults, f => f.Detail.Contains("nowhere", StringComparison.Ordinal));

        Assert.Equal("/idleTimeUntil", Assert.Single((await _silo.Admin.PutAsync("10.0.0.1", """{"idleTimeUntil":"2100-01-01T00:00:00Z"}""", 0)).Faults).Pointer);
        Assert.Equal("", Assert.Single((await _silo.Admin.PutAsync("10.0.0.1", "[1]", 0)).Faults).Pointer);
        Assert.Contains("no JSON", Assert.Single((await _silo.Admin.PutAsync("10.0.0.1", """{"idleTime":1,"idleTime":2}""", 0)).Faults).Detail);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await _silo.Admin.CallAsync("PUT", "policy/overrides/10.0.0.1", "{}", 0, type: "text/plain")).Status);

        // The client asks first: the server would close in the midst of the octets.
        using var long5M = new HttpRequestMessage(HttpMethod.Put, "/api/v1/policy/overrides/10.0.0.1") { Content = new StringContent(new string(' ', 5 << 20), null, "application/json") };
        long5M.Headers.ExpectContinue = true;
        using var tooLong = await _silo.Admin.SendAsync(long5M);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "application/problem+json"), (tooLong.StatusCode, tooLong.Content.Headers.ContentType?.MediaType));
        Assert.Equal(0, (await _silo.Admin.CallAsync("GET", "policy/log"))["entries"].GetArrayLength());
    }

    [Fact]
    public async Task TheListing_IsFiltered_AndPaged()
    {
        foreach (var (block, query) in new[] { ("10.0.0.2", ""), ("10.0.0.0/16", ""), ("192.0.2.0/24", ""), ("10.0.0.1", "?listen=127.0.0.1:0"), ("2001:db8::/32", "") })
        {
            Assert.Equal(HttpStatusCode.OK, (await _silo.Admin.PutAsync(block, """{"maxBatchSize":5}""", 0, query)).Status);
        }

        var all = await ListAsync("");
        Assert.Equal(["10.0.0.0/16@", "10.0.0.2@", "192.0.2.0/24@", "2001:db8::/32@", "10.0.0.1@127.0.0.1:0"], all.Scopes);
        Assert.Equal([2, 1, 3, 5, 4], all.Answer["overrides"].EnumerateArray().Select(o => o.GetProperty("version").GetInt64()));
        Assert.Equal("\"5\"", all.Answer.ETag);
        Assert.Equal(["10.0.0.0/16@", "10.0.0.2@", "10.0.0.1@127.0.0.1:0"], (await ListAsync("?block=10.0.0.0/8")).Scopes);
        Assert.Equal(["10.0.0.1@127.0.0.1:0"], (await ListAsync("?listen=127.0.0.1:0")).Scopes);

        var paged = new List<string>();
        for (string? after = ""; after is not null;)
        {
            var page = await ListAsync($"?limit=2{(after.Length == 0 ? "" : $"&after={Uri.EscapeDataString(after)}")}");
            Assert.InRange(page.Scopes.Count, 1, 2);
            paged.AddRange(page.Scopes);
            after = page.Answer["next"].GetString();
        }

        Assert.Equal(all.Scopes, paged);
        Assert.Equal(3, (await _silo.Admin.CallAsync("GET", "policy/overrides?limit=0&after=x&block=y")).Faults.Count);
    }

    [Fact]
    public async Task TheScopes_AreThoseOfTheFile_AndOfTheOverrides()
    {
        await _silo.Admin.PutAsync("10.0.0.0/8", """{"idleTime":60}""", 0);
        await _silo.Admin.PutAsync("10.1.0.0/16", """{"maxBatchSize":5}""", 0);

        var answer = await _silo.Admin.CallAsync("GET", "policy/scopes");

        Assert.Equal(
            """[{"scope":"ECStream_Listener::Peer:10.0.0.0/8:","listen":"","block":"10.0.0.0/8","file":{},"override":{"idleTime":60}},{"scope":"ECStream_Listener::Peer:10.1.0.0/16:","listen":"","block":"10.1.0.0/16","file":null,"override":{"maxBatchSize":5}}]""",
            System.Text.Json.JsonSerializer.Serialize(answer["scopes"]));
        Assert.Equal((2, 1), (answer["version"].GetInt64(), answer["fileGeneration"].GetInt64()));
    }

    private async Task<(AdminAnswer Answer, List<string> Scopes)> ListAsync(string query)
    {
        var answer = await _silo.Admin.CallAsync("GET", "policy/overrides" + query);
        return (answer, [.. answer["overrides"].EnumerateArray().Select(o => $"{o.GetProperty("block").GetString()}@{o.GetProperty("listen").GetString()}")]);
    }
}
