using System.Net;
using EcStreamOrleans.Grid.Tests.Grains;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace EcStreamOrleans.Grid.Tests.Admin;

/// <summary>The policy log, and what applies to a peer now and at another time.</summary>
public sealed class PolicyReadTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task TheLog_IsPaged_AndEachEntryCanBeHad()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        for (var i = 1; i <= 3; i++)
        {
            await PolicyTests.CommitAsync(silo, i - 1, ("", $"10.0.0.{i}", new PeerOverride { MaxBatchSize = i }));
        }

        var first = await silo.Admin.CallAsync("GET", "policy/log?limit=2");
        Assert.Equal([1, 2], first["entries"].EnumerateArray().Select(e => e.GetProperty("version").GetInt64()));
        Assert.Equal(2, first["next"].GetInt64());
        var rest = await silo.Admin.CallAsync("GET", "policy/log?limit=2&after=2");
        Assert.Equal(System.Text.Json.JsonValueKind.Null, rest["next"].ValueKind);
        var entry = await silo.Admin.CallAsync("GET", "policy/log/3");
        Assert.Equal(entry.Compact, System.Text.Json.JsonSerializer.Serialize(Assert.Single(rest["entries"].EnumerateArray())));
        Assert.Equal(
            """[{"scope":"ECStream_Listener::Peer:10.0.0.3:","listen":"","block":"10.0.0.3","before":{},"after":{"maxBatchSize":3}}]""",
            System.Text.Json.JsonSerializer.Serialize(entry["changes"]));
        Assert.Equal(HttpStatusCode.NotFound, (await silo.Admin.CallAsync("GET", "policy/log/4")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.Admin.CallAsync("GET", "policy/log/x")).Status);
        Assert.Equal(2, (await silo.Admin.CallAsync("GET", "policy/log?limit=0&after=-1")).Faults.Count);
    }

    [Fact]
    public async Task WhatApplies_IsToldForAnybody_WithItsOrigin_AndWhetherHeIsAdmitted()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        await silo.Admin.PutAsync("10.0.0.0/16", """{"idleTime":60}""", 0, "?wait=10");

        var listed = await silo.Admin.CallAsync("GET", "policy/effective?listen=127.0.0.1:0&peer=10.0.0.1");
        Assert.Equal(
            """[{"option":"ECStream_Idle_Time","value":60,"origin":"ECStream_Listener::Peer:10.0.0.0/16: (override)"},{"option":"ECStream_Max_Batch_Size","value":10000,"origin":"default"}]""",
            System.Text.Json.JsonSerializer.Serialize(listed["options"]));
        Assert.Equal((true, "a Peer scope matches it", 1, 1), (listed["isAdmitted"].GetBoolean(), listed["admission"].GetString(), listed["version"].GetInt64(), listed["fileGeneration"].GetInt64()));

        var stranger = await silo.Admin.CallAsync("GET", "policy/effective?listen=*:99&peer=%5B2001:DB8:0::1%5D");
        Assert.Equal(("2001:db8::1", false), (stranger["peer"].GetString(), stranger["isAdmitted"].GetBoolean()));
        Assert.Contains("Peer \"2001:db8::1\" { } in ECStream_Listener admits it", stranger["admission"].GetString());
        Assert.Equal("a client of this machine", (await silo.Admin.CallAsync("GET", "policy/effective?listen=127.0.0.1:0&peer=unix"))["admission"].GetString());

        await silo.Admin.CallAsync("POST", "policy/suspensions?wait=10", """{"block":"10.0.0.1","reason":"abuse"}""");
        var suspended = await silo.Admin.CallAsync("GET", "policy/effective?listen=127.0.0.1:0&peer=10.0.0.1");
        Assert.Equal(("abuse", false), (suspended["suspension"].GetProperty("reason").GetString(), suspended["isAdmitted"].GetBoolean()));
        Assert.Equal(3, (await silo.Admin.CallAsync("GET", "policy/effective?listen=x&peer=y&at=z")).Faults.Count);
        Assert.Equal(2, (await silo.Admin.CallAsync("GET", "policy/effective")).Faults.Count);
    }

    [Fact]
    public async Task WhatApplied_AtAnInstant_IsReplayed_WithoutWhatHadEndedByThen()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        var noon = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
        var log = silo.Services.GetRequiredService<EcStreamOrleans.Grains.Policy.IPolicyLog>();
        await AppendAsync(1, noon, new PeerOverride { IdleTime = TimeSpan.FromSeconds(60), IdleTimeUntil = noon.AddHours(2), MaxBatchSize = 5 });
        await AppendAsync(2, noon.AddHours(4), new PeerOverride { MaxBatchSize = 6 });

        Assert.Equal((0, 300, 10000), await AtAsync("2026-01-01T11:59:59Z"));
        Assert.Equal((1, 60, 5), await AtAsync("2026-01-01T12:00:00Z"));
        Assert.Equal((1, 60, 5), await AtAsync("2026-01-01T14:59:00%2B01:00"));
        Assert.Equal((1, 300, 5), await AtAsync("2026-01-01T14:00:00Z"));
        Assert.Equal((2, 300, 6), await AtAsync("2026-01-01T16:00:00Z"));

        async Task AppendAsync(long version, DateTimeOffset instant, PeerOverride after) => Assert.True(await log.TryAppendAsync(
            new(version, Guid.NewGuid(), instant, "tester", "api", "", [new("", "10.0.0.0/16", PeerOverride.None, after)]), default));

        async Task<(long, double, double)> AtAsync(string at)
        {
            var answer = await silo.Admin.CallAsync("GET", $"policy/effective?listen=127.0.0.1:0&peer=10.0.0.1&at={at}");
            return (answer["version"].GetInt64(), answer["options"][0].GetProperty("value").GetDouble(), answer["options"][1].GetProperty("value").GetDouble());
        }
    }
}
