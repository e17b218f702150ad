using System.Net;
using System.Net.Http.Json;
using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Grid.Tests.Relay;

namespace EcStreamOrleans.Grid.Tests.Silo;

public sealed class AdminTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly int _healthPort = ServicePort.Next();
    private TestSilo _silo = null!;

    public async Task InitializeAsync() => _silo = await TestSilo.StartAsync(_directory, settings: s =>
    {
        s.ReceptionLog.Path = _directory.Sub("mainlog.ec");
        s.Health = $"http://127.0.0.1:{_healthPort}";
    });

    public async Task DisposeAsync()
    {
        await _silo.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task LiveAndReady_SaySo()
    {
        Assert.Equal("live\n", await _silo.Admin.GetStringAsync("/healthz/live"));
        Assert.Equal("ready\n", await _silo.Admin.GetStringAsync("/healthz/ready"));
    }

    [Theory]
    [InlineData("/healthz/live", HttpStatusCode.OK)]
    [InlineData("/healthz/ready", HttpStatusCode.OK)]
    [InlineData("/metrics", HttpStatusCode.OK)]
    [InlineData("/api/v1/status", HttpStatusCode.NotFound)]
    [InlineData("/openapi/v1.json", HttpStatusCode.NotFound)]
    [InlineData("/metrics/../api/v1/status", HttpStatusCode.NotFound)]
    public async Task TheHealthListener_AnswersProbesAndNothingElse(string path, HttpStatusCode status)
    {
        using var health = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_healthPort}") };
        using var answer = await health.GetAsync(path);
        Assert.Equal(status, answer.StatusCode);

        // The admin listener beside it answers them all.
        using var admin = await _silo.Admin.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, admin.StatusCode);
    }

    [Fact]
    public async Task TheStatus_CountsByPeer()
    {
        using var client = await RawClient.ConnectAsync(_silo.EndPoint);
        await client.SendAsync([.. RawClient.Package("one"), .. RawClient.Package("two"), .. "0:,"u8]);
        await client.ReadRepliesAsync(3);

        var status = await _silo.StatusAsync();

        Assert.True(status.Ready);
        Assert.Empty(status.NotReady);
        Assert.Equal(("127.0.0.1:0", _silo.EndPoint.ToString(), 1), (status.Listeners[0].Address, status.Listeners[0].Bound, status.Listeners[0].Sessions));
        var peer = Assert.Single(status.Peers);
        Assert.Equal(("127.0.0.1", 1, 2L, 0L, 1L), (peer.Peer, peer.Sessions, peer.MessagesAccepted, peer.MessagesDeferred, peer.MessagesRejected));
        Assert.Equal((1, 1L, 2L), (status.Sessions.Active, status.Sessions.Total, status.Sessions.MessagesAccepted));
        Assert.Equal((true, 2L), (status.Spool.Healthy, status.Spool.MessagesWaiting));
        Assert.NotNull(status.Spool.OldestAgeSeconds);
    }

    [Fact]
    public async Task TheSpool_IsListedAndShown()
    {
        var replies = await EcStreamRelayTests.InjectAsync(_silo, RawClient.Package("Subject: 1\n\nfirst"), RawClient.Package("second", "", "a@x", "b@x"));

        var listing = await _silo.Admin.GetFromJsonAsync("/api/v1/spool", AdminJson.Default.SpoolListing);
        Assert.Equal(replies.Select(r => r.Split(' ')[2]), listing!.Messages.Select(m => m.Id));
        Assert.Equal(["a@x", "b@x"], listing.Messages[1].Recipients);
        Assert.False(listing.Truncated);
        Assert.True((await _silo.Admin.GetFromJsonAsync("/api/v1/spool?limit=1", AdminJson.Default.SpoolListing))!.Truncated);

        var message = await _silo.Admin.GetFromJsonAsync($"/api/v1/spool/{listing.Messages[0].Id}", AdminJson.Default.SpoolMessage);
        Assert.Equal("Subject: 1\n\nfirst"u8.ToArray(), message!.Message);
        Assert.Equal(HttpStatusCode.NotFound, (await _silo.Admin.GetAsync("/api/v1/spool/ffff-1-0")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _silo.Admin.GetAsync("/api/v1/spool/nonsense")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await _silo.Admin.GetAsync("/api/v1/spool?limit=0")).StatusCode);
    }

    [Fact]
    public async Task TheConfiguration_IsToldAsTheNodeReadIt()
    {
        var report = await _silo.Admin.GetFromJsonAsync("/api/v1/config", AdminJson.Default.ConfigReport);

        Assert.Equal("ECStream_Listener {\n  Peer \"10.0.0.0/8\" {\n  }\n  Listen \"127.0.0.1:0\" {\n  }\n}\n", report!.Text);
        Assert.Equal((1L, null), (report.Generation, report.File));
    }

    [Fact]
    public async Task Metrics_AreThere()
    {
        await EcStreamRelayTests.InjectAsync(_silo, RawClient.Package("one"));

        // The exporter answers from a cache that it renews when it has aged.
        await Within.Becomes(
            async () =>
            {
                var metrics = await _silo.Admin.GetStringAsync("/metrics");
                return metrics.Contains("ecstream_edge_messages_total{", StringComparison.Ordinal)
                    && metrics.Contains("ecstream_spool_messages_waiting{", StringComparison.Ordinal)
                    && metrics.Contains("ecstream_edge_batch_duration_seconds_bucket{", StringComparison.Ordinal)
                    && metrics.Contains("ecstream_spool_healthy{", StringComparison.Ordinal);
            },
            "the metrics of edge and spool are exported");
    }

    [Fact]
    public async Task TheReceptionLog_HasALineARecipient_InMomentumsFields()
    {
        using var client = await RawClient.ConnectAsync(_silo.EndPoint);
        await client.SendAsync([.. RawClient.Package("12345", "from@a.test", "one@b.test", "no-domain", "q@uote@c.test"), .. "0:,"u8, .. RawClient.Package("x", "")]);
        var replies = await client.ReadRepliesAsync(3);
        var session = (await _silo.Grains.GetGrain<IPeerGrain>("127.0.0.1").GetBookAsync(default)).Sessions.Single().Session;
        var file = _directory.Sub("mainlog.ec");
        await Within.Becomes(() => File.Exists(file) && File.ReadAllLines(file).Length == 4, "the log has a line for each of the four recipients");

        var lines = File.ReadAllLines(file);
        var id = replies[0].Split(' ')[2];
        var batch = id[..id.LastIndexOf('-')];
        var instant = lines[0].Split('@')[0];
        Assert.Equal($"{instant}@{id}@{batch}@{session:n}@R@one@b.test@from@a.test@127.0.0.1@5@ecstream@default@default", lines[0]);
        Assert.Equal($"{instant}@{id}@{batch}@{session:n}@R@no-domain@@from@a.test@127.0.0.1@5@ecstream@default@default", lines[1]);
        Assert.Equal($"{instant}@{id}@{batch}@{session:n}@R@q\\@uote@c.test@from@a.test@127.0.0.1@5@ecstream@default@default", lines[2]);
        Assert.EndsWith("@R@r@b.test@@@127.0.0.1@1@ecstream@default@default", lines[3]);
        Assert.InRange(DateTimeOffset.FromUnixTimeSeconds(long.Parse(instant)), TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddHours(1));
    }
}
