using System.Net;
using System.Text.Json;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Grid.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Admin;

public sealed class SessionResourceTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private TestSilo _silo = null!;

    public async Task InitializeAsync() => _silo = await TestSilo.StartAsync(
        _directory, $$"""ECStream_Listener { Listen "127.0.0.1:0" { ECStream_Idle_Time = 120 } Listen "{{_directory.Sub("in.sock")}}" { } }""");

    public async Task DisposeAsync()
    {
        await _silo.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task ASession_IsShown_WithWhatItGoesBy()
    {
        using var client = await InjectAsync();

        var session = Assert.Single((await _silo.Admin.CallAsync("GET", "sessions?peer=127.0.0.0/8"))["sessions"].EnumerateArray());

        Assert.Equal(("127.0.0.1", "127.0.0.1:0", _silo.Services.GetRequiredService<PolicyFollower>().Node, 1, "open"), (session.GetProperty("peer").GetString(), session.GetProperty("listen").GetString(), session.GetProperty("node").GetString(), session.GetProperty("messages").GetInt64(), session.GetProperty("state").GetString()));
        Assert.InRange(session.GetProperty("bytes").GetInt64(), 10, 100);
        Assert.InRange(session.GetProperty("idleLeft").GetDouble(), 1, 120);
        Assert.Equal((120, @"ECStream_Listener::Listen:127.0.0.1\:0:"), (session.GetProperty("options")[0].GetProperty("value").GetDouble(), session.GetProperty("options")[0].GetProperty("origin").GetString()));
        var one = await _silo.Admin.CallAsync("GET", $"sessions/{session.GetProperty("id").GetString()}");
        Assert.Equal(session.GetProperty("since").GetString(), one["since"].GetString());
        Assert.Empty((await _silo.Admin.CallAsync("GET", "sessions?peer=10.0.0.0/8"))["sessions"].EnumerateArray());
        Assert.Equal(HttpStatusCode.NotFound, (await _silo.Admin.CallAsync("GET", $"sessions/{Guid.NewGuid()}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _silo.Admin.CallAsync("GET", "sessions/x")).Status);
        Assert.Equal(2, (await _silo.Admin.CallAsync("GET", "sessions?peer=x&limit=0")).Faults.Count);
    }

    [Fact]
    public async Task Sessions_AreCounted_AsAWhole_AndByBlock()
    {
        using var one = await InjectAsync();
        using var two = await InjectAsync();
        using var local = await RawClient.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(_directory.Sub("in.sock")));
        await local.SendAsync(RawClient.Package("x"));
        await local.ReadReplyAsync();

        Assert.Equal(3, (await _silo.Admin.CallAsync("GET", "sessions/count"))["sessions"].GetInt32());
        Assert.Equal(0, (await _silo.Admin.CallAsync("GET", "sessions/count?cidr=10.0.0.0/8"))["sessions"].GetInt32());
        Assert.Equal(
            """[{"block":"127.0.0.0/24","sessions":2},{"block":"unix","sessions":1}]""",
            JsonSerializer.Serialize((await _silo.Admin.CallAsync("GET", "sessions/count?prefix=24"))["groups"]));
        Assert.Single((await _silo.Admin.CallAsync("GET", "sessions?peer=unix"))["sessions"].EnumerateArray());
        var limited = await _silo.Admin.CallAsync("GET", "sessions?limit=1");
        Assert.True(limited["truncated"].GetBoolean());
        Assert.Equal(2, (await _silo.Admin.CallAsync("GET", "sessions/count?cidr=x&prefix=129")).Faults.Count);
    }

    [Fact]
    public async Task AClosedSession_GetsItsReplies_AndTheLogsNameWhoClosedIt()
    {
        using var client = await InjectAsync();
        var id = (await _silo.Admin.CallAsync("GET", "sessions"))["sessions"][0].GetProperty("id").GetString();

        var closed = await _silo.Admin.CallAsync("DELETE", $"sessions/{id}?reason=too%20old", actor: "ann");

        Assert.Equal((HttpStatusCode.OK, 1), (closed.Status, closed["closed"].GetInt32()));
        Assert.Empty(await client.ReadToEndAsync());
        await Within.Becomes(() => _silo.Log.Has(LogLevel.Information, $"Session {id} of peer 127.0.0.1 on 127.0.0.1:0 ended: ClosedByOperator"), "the session's end is logged");
        Assert.True(_silo.Log.Has(LogLevel.Information, $"Session {id} of peer 127.0.0.1 is closed by local:ann: too old"));
        await Within.Becomes(
            () => _silo.Log.Has(LogLevel.Information, $"local:ann (admin) from 127.0.0.1: DELETE /api/v1/sessions/{id}?reason=too%20old: closed 1 session of 127.0.0.1: too old: 200"), "the audit has it");
        Assert.Equal(HttpStatusCode.NotFound, (await _silo.Admin.CallAsync("DELETE", $"sessions/{id}")).Status);
    }

    [Fact]
    public async Task ABlock_IsClosed_AndNobodyElse_AndWhatWasReadIsAnswered()
    {
        using var busy = await InjectAsync();
        await busy.SendAsync([.. Enumerable.Range(0, 50).SelectMany(i => RawClient.Package($"{i}"))]);
        await busy.ReadReplyAsync();

        Assert.Equal(0, (await _silo.Admin.CallAsync("POST", "sessions/close", """{"cidr":"10.0.0.0/8","reason":"abuse"}"""))["closed"].GetInt32());
        Assert.Equal(1, (await _silo.Admin.CallAsync("POST", "sessions/close", """{"cidr":"127.0.0.0/8","reason":"abuse"}"""))["closed"].GetInt32());

        var replies = await busy.ReadToEndAsync();
        Assert.All(replies, reply => Assert.StartsWith("K", reply));
        await Within.Becomes(() => _silo.Log.Has(LogLevel.Information, "ended: ClosedByOperator"), "the session ends");

        // The ledger: what was accepted was answered, what was answered is there.
        var status = await _silo.StatusAsync();
        Assert.Equal((51L, 51L, 49), (status.Sessions.MessagesAccepted, status.Spool.MessagesWaiting, replies.Count));
        var faulty = await _silo.Admin.CallAsync("POST", "sessions/close", """{"cidr":"x","why":"y"}""");
        Assert.Equal(["/cidr", "/reason", "/why"], faulty.Faults.Select(f => f.Pointer).Order());
    }

    private async Task<RawClient> InjectAsync()
    {
        var client = await RawClient.ConnectAsync(_silo.EndPoint);
        await client.SendAsync(RawClient.Package("hello"));
        Assert.StartsWith("K", await client.ReadReplyAsync());
        return client;
    }
}
