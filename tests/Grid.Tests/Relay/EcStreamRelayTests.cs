using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Spool;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Relay;

public sealed class EcStreamRelayTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task MessagesArrive_OctetForOctet_OverKeptConnections()
    {
        await using var gateway = new ScriptedGateway((_, _) => "K2.0.0 ok");
        await using var silo = await StartAsync(gateway.Port);
        var messages = Enumerable.Range(0, 500).Select(i => $"Subject: {i}\r\n\r\n.\0\u00ff{new string('x', i * 13)}").ToList();
        await InjectAsync(silo, [.. messages.Select(m => RawClient.Package(m, "", "one@b.test", "two@b.test"))]);

        await Within.Becomes(async () => (await silo.StatusAsync()).Spool.MessagesWaiting == 0, "all is relayed");

        Assert.Equal(messages.Order(StringComparer.Ordinal), gateway.Accepted.Select(a => a.Message).Order(StringComparer.Ordinal));
        Assert.All(gateway.Accepted, a => Assert.Equal(("", "one@b.test two@b.test"), (a.Sender, a.Recipients)));
        Assert.InRange(gateway.Connections, 1, 4);
        var relay = (await silo.StatusAsync()).Relay;
        Assert.Equal(("idle", 500, 0, 0), (relay.State, relay.Delivered, relay.Deferred, relay.Failed));
        Assert.Equal(("ECSTREAM", $"127.0.0.1:{gateway.Port}"), (relay.DeliveryMethod, relay.Gateway));
    }

    [Fact]
    public async Task AGatewayThatClosesBehindItsReply_GetsOneMessageAConnection_AndEachOnce()
    {
        await using var gateway = new ScriptedGateway((_, _) => "Kok", packagesPerConnection: 1);
        await using var silo = await StartAsync(gateway.Port);
        await InjectAsync(silo, [.. Enumerable.Range(0, 100).Select(i => RawClient.Package($"m{i}"))]);

        await Within.Becomes(async () => (await silo.StatusAsync()).Spool.MessagesWaiting == 0, "all is relayed");

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"m{i}").Order(StringComparer.Ordinal), gateway.Accepted.Select(a => a.Message).Order(StringComparer.Ordinal));
        Assert.True(silo.Log.Has(LogLevel.Information, "one message a connection"));
        Assert.Equal(0, (await silo.StatusAsync()).Relay.Deferred);
    }

    [Fact]
    public async Task ATemporaryFailure_IsTriedAgain_UntilItSucceeds()
    {
        await using var gateway = new ScriptedGateway((n, _) => n < 7 ? "Z4.2.0 not now" : "K2.0.0 ok");
        await using var silo = await StartAsync(gateway.Port);
        await InjectAsync(silo, [.. Enumerable.Range(0, 5).Select(i => RawClient.Package($"m{i}"))]);

        await Within.Becomes(async () => (await silo.StatusAsync()).Spool.MessagesWaiting == 0, "all is relayed in the end");

        Assert.Equal(5, gateway.Accepted.Select(a => a.Message).Distinct().Count());
        Assert.Equal(5, gateway.Accepted.Count);
        var relay = (await silo.StatusAsync()).Relay;
        Assert.Equal((5, 7), (relay.Delivered, relay.Deferred));
        Assert.Equal("4.2.0 not now", relay.LastError);
    }

    [Fact]
    public async Task APermanentFailure_IsKept_WithTheGatewaysWords()
    {
        await using var gateway = new ScriptedGateway((_, message) => message == "bad" ? "D5.1.1 no such user" : "K2.0.0 ok");
        await using var silo = await StartAsync(gateway.Port);
        var replies = await InjectAsync(silo, RawClient.Package("good"), RawClient.Package("bad", "s@a.test", "who@b.test"), RawClient.Package("good"));

        await Within.Becomes(async () => (await silo.StatusAsync()).Spool is { MessagesWaiting: 0, MessagesFailed: 1 }, "one is kept as failed, none waits");

        var id = replies[1].Split(' ')[2];
        var kept = SpoolReader.Find(_directory.Sub("data/spool"), id)!.Value;
        Assert.Equal("bad"u8.ToArray(), kept.Message);
        Assert.Equal((SpooledMessageState.Failed, "who@b.test", "failed: 5.1.1 no such user"), (kept.Entry.State, kept.Entry.Recipients[0], kept.Entry.Text));
        Assert.True(silo.Log.Has(LogLevel.Warning, "failed for good and are kept as failed: 5.1.1 no such user"));
    }

    [Fact]
    public async Task AMessageThatIsTooOld_IsKeptAsExpired()
    {
        await using var gateway = new ScriptedGateway((_, _) => "Z4.2.0 never in time");
        await using var silo = await StartAsync(gateway.Port, maxAge: TimeSpan.FromSeconds(1));
        await InjectAsync(silo, RawClient.Package("old"));

        await Within.Becomes(async () => (await silo.StatusAsync()).Spool is { MessagesWaiting: 0, MessagesFailed: 1 }, "it is kept as expired");

        Assert.StartsWith("expired: 4.2.0 never in time", Assert.Single(SpoolReader.Scan(_directory.Sub("data/spool"), 10)).Text);
    }

    [Fact]
    public async Task AConnectionThatBreaks_LosesNothing()
    {
        // Every ninth package ends its connection with a reset; half of those behind it were on their way.
        await using var gateway = new ScriptedGateway((n, _) => n % 9 == 8 ? "!" : "K2.0.0 ok");
        await using var silo = await StartAsync(gateway.Port);
        await InjectAsync(silo, [.. Enumerable.Range(0, 60).Select(i => RawClient.Package($"m{i}"))]);

        await Within.Becomes(async () => (await silo.StatusAsync()).Spool.MessagesWaiting == 0, "all is relayed");

        Assert.Equal(60, gateway.Accepted.Select(a => a.Message).Distinct().Count());
    }

    [Fact]
    public async Task AGatewayThatIsAway_IsSaidOnce_AndMailGoesOnWhenItIsBack()
    {
        var port = FreePort.Next();
        await using var silo = await StartAsync(port);
        await InjectAsync(silo, RawClient.Package("patient"));
        await Within.Becomes(async () => (await silo.StatusAsync()).Relay is { State: "retrying", LastError: not null }, "the status says that the gateway is away");
        Assert.Equal(1, silo.Log.All.Count(l => l.Level == LogLevel.Warning && l.Text.Contains("cannot be reached", StringComparison.Ordinal)));

        await using var gateway = new ScriptedGateway((_, _) => "K2.0.0 ok", port: port);
        await Within.Becomes(async () => (await silo.StatusAsync()).Spool.MessagesWaiting == 0, "it is relayed");

        Assert.Equal("patient", Assert.Single(gateway.Accepted).Message);
        Assert.True(silo.Log.Has(LogLevel.Information, "can be reached again"));
        Assert.Null((await silo.StatusAsync()).Relay.LastError);
    }

    [Fact]
    public async Task WithoutAGateway_MessagesAreHeld_AndLogAndStatusSaySo_AndAGatewayLaterGetsThem()
    {
        await using (var silo = await TestSilo.StartAsync(_directory))
        {
            await InjectAsync(silo, RawClient.Package("held"));
            var status = await silo.StatusAsync();
            Assert.Equal(("held", 1L), (status.Relay.State, status.Spool.MessagesWaiting));
            Assert.True(silo.Log.Has(LogLevel.Warning, "No gateway is configured: accepted messages are held in the spool"));
        }

        await using var gateway = new ScriptedGateway((_, _) => "K2.0.0 ok");
        await using var next = await StartAsync(gateway.Port);
        await Within.Becomes(async () => (await next.StatusAsync()).Spool.MessagesWaiting == 0, "it is relayed");
        Assert.Equal("held", Assert.Single(gateway.Accepted).Message);
    }

    internal static async Task<List<string>> InjectAsync(TestSilo silo, params byte[][] packages)
    {
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync([.. packages.SelectMany(p => p)]);
        var replies = await client.ReadRepliesAsync(packages.Length);
        Assert.All(replies, r => Assert.StartsWith("K", r));
        return replies;
    }

    private Task<TestSilo> StartAsync(int gatewayPort, TimeSpan? maxAge = null) => TestSilo.StartAsync(
        _directory,
        $$"""
        ECStream_Listener { Listen "127.0.0.1:0" { } }
        Delivery_Method = "ECSTREAM"
        Gateway = "127.0.0.1"
        ecstream_port = {{gatewayPort}}
        """,
        settings =>
        {
            settings.Relay.RetryMin = TimeSpan.FromMilliseconds(50);
            settings.Relay.RetryMax = TimeSpan.FromMilliseconds(500);
            settings.Relay.MaxAge = maxAge ?? settings.Relay.MaxAge;
        });
}
