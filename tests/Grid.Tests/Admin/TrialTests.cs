using System.Net;
using EcStreamOrleans.Grid.Tests.Harness;

namespace EcStreamOrleans.Grid.Tests.Admin;

public sealed class TrialTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task AChange_IsTriedOnTheTrafficThatWas_AndChangesNothing()
    {
        await using var silo = await TestSilo.StartAsync(_directory);
        var nothing = await silo.Admin.CallAsync("POST", "policy/trial", """{"changes":[{"block":"127.0.0.1","set":{"maxBatchSize":1}}]}""");
        Assert.Equal("no traffic is remembered", nothing["summary"].GetString());
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync([.. RawClient.Package("one"), .. RawClient.Package("two"), .. RawClient.Package("three")]);
        await client.ReadRepliesAsync(3);

        var tried = await silo.Admin.CallAsync("POST", "policy/trial", """{"changes":[{"block":"127.0.0.0/8","set":{"maxBatchSize":1}},{"block":"10.0.0.1","clear":true}]}""");
        var other = await silo.Admin.CallAsync("POST", "policy/trial", """{"changes":[{"block":"10.0.0.1","set":{"maxBatchSize":1}}]}""");

        Assert.Equal((HttpStatusCode.OK, "1 peer: 1 batch smaller"), (tried.Status, tried["summary"].GetString()));
        Assert.Equal(("127.0.0.1", 1), (tried["peers"][0].GetProperty("peer").GetString(), tried["peers"][0].GetProperty("batchesSmaller").GetInt64()));
        Assert.Equal("nothing would have been different", other["summary"].GetString());
        Assert.Empty(await Grains.PolicyTests.Policy(silo).ReadAsync(0, 1, default));
    }

    [Fact]
    public async Task ASilence_IsRemembered()
    {
        await using var silo = await TestSilo.StartAsync(_directory, """ECStream_Listener { ECStream_Idle_Time = 1 Listen "127.0.0.1:0" { } }""");
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync(RawClient.Package("one"));
        await client.ReadReplyAsync();
        Assert.Empty(await client.ReadToEndAsync());
        await Within.Becomes(async () => (await silo.StatusAsync()).Sessions.Active == 0, "the session has ended");

        var tried = await silo.Admin.CallAsync("POST", "policy/trial", """{"changes":[{"block":"127.0.0.1","set":{"idleTime":60}}]}""");

        Assert.Equal("1 peer: 1 session kept longer", tried["summary"].GetString());
    }

    [Fact]
    public async Task WhatIsNoChange_IsNamed()
    {
        await using var silo = await TestSilo.StartAsync(_directory);

        var answer = await silo.Admin.CallAsync("POST", "policy/trial", """{"changes":[{"block":"nowhere","set":{"maxBatchSize":0}}]}""");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(2, answer["errors"].GetArrayLength());
    }
}
