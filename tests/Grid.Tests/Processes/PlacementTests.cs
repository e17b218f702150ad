using System.Net;
using System.Text.RegularExpressions;
using EcStreamOrleans.Grid.Tests.Harness;
using Xunit.Abstractions;

namespace EcStreamOrleans.Grid.Tests.Processes;

/// <summary>A peer's grain goes where its mail enters, and is no obstacle meanwhile: silos and an edge, each a process.</summary>
public sealed class PlacementTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly List<(SiloPlace Place, string Maildir, SiloProcess Process)> _silos = [];
    private Azurite _azurite = null!;
    private ClusterPlace _cluster = null!;
    private LoadBooks _books = null!;

    public async Task InitializeAsync()
    {
        _azurite = Azurite.Missing is null ? await Azurite.StartNewAsync() : new Azurite();
        _cluster = new ClusterPlace(_azurite);
        _books = new LoadBooks(_directory.Sub("ledger"));
    }

    public Task DisposeAsync()
    {
        _silos.ForEach(silo => silo.Process.Dispose());
        _azurite.Dispose();
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [AzuriteFact]
    public async Task APeerThatComesInElsewhere_TakesItsGrainAlong_UnderLoad_AndNothingIsLostOrDouble()
    {
        // Only the second silo takes edges: what comes by the edge enters there, and the grain is at the first.
        await StartSiloAsync("first", gateway: 0);
        await StartSiloAsync("second", ServicePort.Next());
        using var edge = EdgeProcess.Start(_directory, "edge", _cluster);
        await edge.BecomesReadyAsync();
        await _books.RunAsync(_silos[0].Place.Listen, count: 50, size: 1_024);
        Assert.True(await BytesAsync(0) is { One: > 51_000, Two: 0 });
        using var silent = await AcceptedAsync(_silos[0].Place.EndPoint);

        // One load after the other, however fast they are: the move is behind a batch, in the midst of one.
        await Within.Becomes(
            async () =>
            {
                await _books.RunAsync(edge.Listen, count: 5_000, size: 4_096, connections: 4, window: 20);
                return await CountAsync(0, "ecstream_peers_moves_total") == 1;
            },
            "the grain moves");
        Assert.True((await BytesAsync(0)).Two > 0, "octets went through two silos");

        List<RawClient> more = [];

        // From then on they go through one, and the second silo's spool has them.
        // Metrics are read at most a few times a second: what came before may still be on its way.
        await Within.Becomes(
            async () =>
            {
                var before = await BytesAsync(1);
                await _books.RunAsync(edge.Listen, count: 50, size: 1_024);
                await Within.Becomes(async () => (await BytesAsync(1)).One >= before.One + 51_000, "they went through one silo");
                return (await BytesAsync(1)).Two == before.Two;
            },
            "none goes through two silos any more");

        // The silent session has moved along: of five that the peer may have, four are left.
        for (var i = 0; i < 4; i++)
        {
            more.Add(await AcceptedAsync(edge.EndPoint));
        }

        using (var tooMany = await RawClient.ConnectAsync(edge.EndPoint))
        {
            await tooMany.SendAsync(RawClient.Package("Subject: x\n\nx"));
            Assert.Equal("Z4.3.2 too many sessions of peer 127.0.0.1: 6 > 5 (Grid:Limits:MaxSessionsPerPeer)", await tooMany.ReadReplyAsync());
        }

        more.ForEach(client => client.Dispose());
        more.Clear();

        // It goes back the same way, by an edge in a silo.
        await Within.Becomes(
            async () =>
            {
                await _books.RunAsync(_silos[0].Place.Listen, count: 20, size: 1_024);
                return await CountAsync(1, "ecstream_peers_moves_total") == 1;
            },
            "the grain moves back");

        await BalanceAsync(mayBeUndecided: false);
    }

    [AzuriteFact]
    public async Task TheSiloWithTheGrainKilledUnderLoad_WhatComesInElsewhereGoesOn_AndNothingThatGotKIsMissing()
    {
        await StartSiloAsync("first", gateway: 0, moveAfter: 0);
        await StartSiloAsync("second", gateway: 0, moveAfter: 0);
        using var holder = await AcceptedAsync(_silos[0].Place.EndPoint);
        using var load = _books.Start(_silos[1].Place.Listen, count: 20_000, size: 4_096, connections: 2, window: 20);
        await Within.Becomes(
            async () => load.HasExited || (_books.AcceptedIds().Count > 1_000 && await CountAsync(0, "ecstream_peers_claims_total") > 10), "the load is under way, by claims");
        Assert.False(load.HasExited, load.Describe());

        _silos[0].Process.Kill();
        var before = _books.AcceptedIds().Count;
        Assert.InRange(await _books.EndAsync(load), before + 1_000, int.MaxValue);
        await _books.RunAsync(_silos[1].Place.Listen, count: 500, size: 1_024);

        var (place, maildir, killed) = _silos[0];
        killed.Dispose();
        _silos[0] = (place, maildir, await SiloProcess.StartAsync(place));
        await BalanceAsync(mayBeUndecided: true);
    }

    private async Task BalanceAsync(bool mayBeUndecided)
    {
        foreach (var (_, _, process) in _silos)
        {
            await process.DrainsAsync();
        }

        output.WriteLine($"through one and two silos: {await BytesAsync(0)} {await BytesAsync(1)}");
        var delivered = _silos.SelectMany(silo => DeliveredMail.ReadAll(silo.Maildir)).Where(mail => mail.Text.Contains("X-Load-Id", StringComparison.Ordinal));
        output.WriteLine(_books.Balance([.. delivered], mayBeUndecided).Text);
    }

    private async Task StartSiloAsync(string name, int gateway, int moveAfter = 1)
    {
        var maildir = _directory.Sub($"{name}-mail");
        var place = new SiloPlace(_directory, SiloPlace.Maildir(maildir), name) { Cluster = _cluster, GatewayPort = gateway };
        _silos.Add((place, maildir, await SiloProcess.StartAsync(place, $"--Grid:Clustering:MoveAfter={moveAfter}", "--Grid:Limits:MaxSessionsPerPeer=5")));
    }

    private static async Task<RawClient> AcceptedAsync(IPEndPoint listen)
    {
        var client = await RawClient.ConnectAsync(listen);
        await client.SendAsync(RawClient.Package("Subject: x\n\nx"));
        Assert.StartsWith("K", await client.ReadReplyAsync());
        return client;
    }

    private async Task<(long One, long Two)> BytesAsync(int silo) =>
        (await CountAsync(silo, "ecstream_peers_handed_bytes_total", "silos=\"1\""), await CountAsync(silo, "ecstream_peers_handed_bytes_total", "silos=\"2\""));

    private async Task<long> CountAsync(int silo, string name, string label = "")
    {
        using var admin = new HttpClient();
        var metrics = await admin.GetStringAsync($"{_silos[silo].Place.Admin}/metrics");
        return metrics.Split('\n')
            .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
            .Select(line => long.Parse(Regex.Match(line, @"\} (\d+)").Groups[1].Value))
            .FirstOrDefault();
    }
}
