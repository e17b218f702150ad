using System.Net;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace EcStreamOrleans.Grid.Tests.Admin;

public sealed class SuspensionTests : IAsyncLifetime
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
    public async Task ASuspendedPeer_IsPutOff_UntilItIsResumed_AndItsOptionsStay()
    {
        using var client = await RawClient.ConnectAsync(_silo.EndPoint);
        await _silo.Admin.PutAsync("127.0.0.1", """{"maxBatchSize":5}""", 0);

        var suspended = await _silo.Admin.CallAsync("POST", "policy/suspensions?wait=10", """{"block":"127.0.0.1","reason":"abuse"}""");
        Assert.Equal((HttpStatusCode.OK, "\"2\""), (suspended.Status, suspended.ETag));
        await client.SendAsync(RawClient.Package("while suspended"));
        Assert.StartsWith("Z4.3.2 peer 127.0.0.1 is suspended: abuse", await client.ReadReplyAsync());

        // The options are another resource: clearing them lets nobody back in.
        await _silo.Admin.CallAsync("DELETE", "policy/overrides/127.0.0.1?wait=10", ifMatch: 2);
        await client.SendAsync(RawClient.Package("still"));
        Assert.StartsWith("Z4.3.2", await client.ReadReplyAsync());
        await _silo.Admin.CallAsync("DELETE", "policy/suspensions/127.0.0.1?reason=sorry&wait=10");
        await client.SendAsync(RawClient.Package("behind it"));
        Assert.StartsWith("K", await client.ReadReplyAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await _silo.Admin.CallAsync("DELETE", "policy/suspensions/127.0.0.1")).Status);
    }

    [Fact]
    public async Task InsideASuspendedBlock_ResumingAPeer_ExemptsIt()
    {
        await _silo.Admin.CallAsync("POST", "policy/suspensions?wait=10", """{"block":"10.0.0.0/8","reason":"abuse","until":"2100-01-01T00:00:00Z"}""");
        await _silo.Admin.CallAsync("POST", "policy/suspensions?wait=10", """{"block":"10.0.0.1","reason":"worse"}""");

        var resumed = await _silo.Admin.CallAsync("DELETE", "policy/suspensions/10.0.0.1?wait=10");
        var after = resumed["entry"].GetProperty("changes")[0].GetProperty("after");
        Assert.Equal("""{"suspended":false}""", System.Text.Json.JsonSerializer.Serialize(after));
        var policy = _silo.Services.GetRequiredService<LivePolicy>();
        Assert.Null(policy.Evaluate("127.0.0.1:0", Peer("10.0.0.1")).Suspension);
        Assert.NotNull(policy.Evaluate("127.0.0.1:0", Peer("10.0.0.2")).Suspension);

        // In a Listen of its own: what suspends there is the listener's block.
        await _silo.Admin.CallAsync("DELETE", "policy/suspensions/10.0.0.0%2F24?listen=127.0.0.1:0&wait=10");
        Assert.Null(policy.Evaluate("127.0.0.1:0", Peer("10.0.0.2")).Suspension);
        var again = await _silo.Admin.CallAsync("DELETE", "policy/suspensions/10.0.0.1");
        Assert.Equal((HttpStatusCode.OK, System.Text.Json.JsonValueKind.Null), (again.Status, again["entry"].ValueKind));
    }

    [Fact]
    public async Task EveryFault_IsNamed()
    {
        var answer = await _silo.Admin.CallAsync("POST", "policy/suspensions", """{"block":"x","until":"2020-01-01T00:00:00Z","forever":true}""");

        Assert.Equal(["/block", "/forever", "/reason", "/until"], answer.Faults.Select(f => f.Pointer).Order());
        Assert.Equal(HttpStatusCode.BadRequest, (await _silo.Admin.CallAsync("DELETE", "policy/suspensions/x")).Status);
        Assert.Equal(0, (await _silo.Admin.CallAsync("GET", "policy/log"))["entries"].GetArrayLength());
    }

    private static EcStreamOrleans.Protocol.PeerId Peer(string address)
    {
        Assert.True(EcStreamOrleans.Protocol.PeerId.TryParse(address, out var peer));
        return peer;
    }
}
