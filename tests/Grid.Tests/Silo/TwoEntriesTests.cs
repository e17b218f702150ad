using System.Net;
using System.Text.RegularExpressions;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grid.Tests.Admin;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Silo.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace EcStreamOrleans.Grid.Tests.Silo;

/// <summary>One peer on the edges of two silos: the grain is at the first, mail comes in at both, and what comes in at the second stays there.</summary>
public sealed class TwoEntriesTests : IAsyncLifetime
{
    private readonly TempDirectory _first = new();
    private readonly TempDirectory _second = new();
    private Azurite _azurite = null!;
    private TestSilo _a = null!;
    private TestSilo _b = null!;

    private IPeerGrain Grain => _a.Grains.GetGrain<IPeerGrain>("127.0.0.1");

    public async Task InitializeAsync() => _azurite = Azurite.Missing is null ? await Azurite.StartNewAsync() : new Azurite();

    public async Task DisposeAsync()
    {
        foreach (var silo in new[] { _b, _a }.OfType<TestSilo>())
        {
            await silo.StopAsync();
            await silo.DisposeAsync();
        }

        _azurite.Dispose();
        _first.Dispose();
        _second.Dispose();
    }

    [AzuriteFact]
    public async Task OctetsStayWhereTheyCameIn_TheGrainCountsThem_AndOneSuspensionHoldsForBoth()
    {
        await StartAsync();
        using var atA = await RawClient.ConnectAsync(_a.EndPoint);
        await TakenAsync(atA, _a);
        using var atB = await RawClient.ConnectAsync(_b.EndPoint);

        // Where the grain is the first answer says: its batch goes through two silos.
        await TakenAsync(atB, _a);
        await Within.Becomes(async () => await HandedAsync(_a, silos: 2) > 0, "octets went through two silos");
        var through = await HandedAsync(_a, silos: 2);
        for (var i = 0; i < 20; i++)
        {
            await TakenAsync(atB, _b);
        }

        // Another session of the peer's knows from its first batch.
        using (var another = await RawClient.ConnectAsync(_b.EndPoint))
        {
            await TakenAsync(another, _b);
        }

        await TakenAsync(atA, _a);
        await Within.Becomes(async () => await CountAsync(_a, "ecstream_peers_claims_total") == 21, "21 batches came by a claim");
        Assert.Equal(through, await HandedAsync(_a, silos: 2));
        Assert.Equal((3, 21), ((await _a.StatusAsync()).Spool.MessagesWaiting, (await _b.StatusAsync()).Spool.MessagesWaiting));

        // The grain has been told of all but the last.
        Assert.Equal(23, (await Grain.GetBookAsync(default)).Messages);
        await TakenAsync(atB, _b);
        Assert.Equal(24, (await Grain.GetBookAsync(default)).Messages);

        Assert.Equal(HttpStatusCode.OK, (await _b.Admin.CallAsync("POST", "policy/suspensions?wait=5", """{"block":"127.0.0.1","reason":"bounces"}""")).Status);
        var refusals = new[] { await AnswerAsync(atA), await AnswerAsync(atB) };
        Assert.StartsWith("Z4.3.2 peer 127.0.0.1 is suspended: bounces (", refusals[0]);
        Assert.Equal(refusals[0], refusals[1]);
        Assert.Equal((3, 22), ((await _a.StatusAsync()).Spool.MessagesWaiting, (await _b.StatusAsync()).Spool.MessagesWaiting));

        // Refused, too, a claim tells of the one before.
        Assert.Equal(25, (await Grain.GetBookAsync(default)).Messages);
    }

    [AzuriteFact]
    public async Task TheSpoolOfOneEntryFull_ItsMailIsPutOffWithTheReason_AndTheOtherEntryGoesOn()
    {
        await StartAsync(b: s => (s.Spool.SegmentBytes, s.Spool.MaxBytes, s.Spool.SpareSegments) = (64 << 10, 128 << 10, 0));
        using var atA = await RawClient.ConnectAsync(_a.EndPoint);
        await TakenAsync(atA, _a);
        using var atB = await RawClient.ConnectAsync(_b.EndPoint);
        await TakenAsync(atB, _a);

        var taken = 0;
        string answer;
        while ((answer = await AnswerAsync(atB, new string('x', 8_000))).StartsWith('K'))
        {
            Assert.True(++taken < 100, "The spool takes more than it may.");
        }

        Assert.StartsWith("Z4.3.1 spool full: ", answer);
        Assert.True(taken > 0);
        await TakenAsync(atA, _a);
        Assert.Equal(answer, await AnswerAsync(atB, new string('x', 8_000)));
        Assert.Equal((2 + 1, taken), ((await _a.StatusAsync()).Spool.MessagesWaiting, (await _b.StatusAsync()).Spool.MessagesWaiting));
        Assert.Equal(2 + 1 + taken, (await Grain.GetBookAsync(default)).Messages);
    }

    [AzuriteFact]
    public async Task AGrainThatTakesNoClaims_AsOfAVersionBefore_HasTheBatchWhole_AndIsAskedForNoMore()
    {
        // It answers once that it is elsewhere: the silo that took its place is of another version.
        var grain = new WithoutClaims();
        await StartAsync(services: s => s.AddSingleton<IIncomingGrainCallFilter>(grain));
        using var atA = await RawClient.ConnectAsync(_a.EndPoint);
        await TakenAsync(atA, _a);
        using var atB = await RawClient.ConnectAsync(_b.EndPoint);
        await TakenAsync(atB, _a);

        grain.IsPrevious = true;
        await TakenAsync(atB, _a);
        await TakenAsync(atB, _a);

        Assert.Equal(1, grain.Refused);
        Assert.Equal((4, 0), ((await _a.StatusAsync()).Spool.MessagesWaiting, (await _b.StatusAsync()).Spool.MessagesWaiting));
    }

    [AzuriteFact]
    public async Task AGrainThatWentWhereItsMailComesIn_TakesItByReferenceAgain()
    {
        await StartAsync(a: s => s.Clustering.MoveAfter = TimeSpan.FromSeconds(1));
        using (var atA = await RawClient.ConnectAsync(_a.EndPoint))
        {
            await TakenAsync(atA, _a);
        }

        using var atB = await RawClient.ConnectAsync(_b.EndPoint);
        await TakenAsync(atB, _a);
        await Within.Becomes(
            async () =>
            {
                await TakenAsync(atB, _b);
                return await CountAsync(_a, "ecstream_peers_moves_total") == 1;
            },
            "the grain moves");

        // Asked for leave once more, at most, it says that it is here.
        await Within.Becomes(
            async () =>
            {
                var (claims, handed) = (await ClaimsAsync(), await HandedAsync(_b, silos: 1));
                await TakenAsync(atB, _b);
                await Within.Becomes(async () => await HandedAsync(_b, silos: 1) > handed, "it is handed over here");
                return claims == await ClaimsAsync();
            },
            "no claim is needed any more");
    }

    [AzuriteFact]
    public async Task WithTwoCopies_WhatCameInByAClaim_HasBoth()
    {
        await StartAsync(a: Copies, b: Copies);
        await Within.Becomes(async () => (await _b.StatusAsync()).Copies is { Holder: not null } && (await _a.StatusAsync()).Copies is { Holder: not null }, "each holds the copies of the other");
        using var atA = await RawClient.ConnectAsync(_a.EndPoint);
        await TakenAsync(atA, _a);
        using var atB = await RawClient.ConnectAsync(_b.EndPoint);
        await TakenAsync(atB, _a);

        for (var i = 0; i < 5; i++)
        {
            await TakenAsync(atB, _b);
        }

        Assert.Equal(5, Assert.Single((await _a.StatusAsync()).Copies!.Held).MessagesWaiting);
        Assert.Equal(2, Assert.Single((await _b.StatusAsync()).Copies!.Held).MessagesWaiting);

        static void Copies(GridSettings settings) => settings.Spool.Copies = 2;
    }

    private async Task StartAsync(Action<GridSettings>? a = null, Action<GridSettings>? b = null, Action<IServiceCollection>? services = null)
    {
        _a = await TestSilo.StartAsync(_first, settings: s => Use(s, a), services: services);
        _b = await TestSilo.StartAsync(_second, settings: s => Use(s, b));
    }

    private void Use(GridSettings settings, Action<GridSettings>? more)
    {
        settings.ClusterId = "two";
        settings.Clustering.Kind = ClusteringKind.AzureTables;
        settings.Storage.Kind = StorageKind.AzureTables;
        settings.Clustering.ConnectionString = settings.Storage.ConnectionString = _azurite.ConnectionString;
        settings.Clustering.TablePrefix = "two";
        settings.Clustering.AdvertisedAddress = "127.0.0.1";
        settings.Clustering.MoveAfter = TimeSpan.Zero;
        more?.Invoke(settings);
    }

    private static async Task<string> AnswerAsync(RawClient client, string body = "x")
    {
        await client.SendAsync(RawClient.Package($"Subject: x\n\n{body}"));
        return await client.ReadReplyAsync();
    }

    /// <summary>A message gets K, and by its id this silo's spool has it.</summary>
    private static async Task TakenAsync(RawClient client, TestSilo silo) =>
        Assert.StartsWith($"K2.0.0 ok {(await silo.StatusAsync()).Spool.Id}-", await AnswerAsync(client));

    private async Task<long> ClaimsAsync() => await CountAsync(_a, "ecstream_peers_claims_total") + await CountAsync(_b, "ecstream_peers_claims_total");

    private static Task<long> HandedAsync(TestSilo silo, int silos) => CountAsync(silo, "ecstream_peers_handed_bytes_total", $"silos=\"{silos}\"");

    private static async Task<long> CountAsync(TestSilo silo, string name, string label = "") => (await silo.Admin.GetStringAsync("/metrics")).Split('\n')
        .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
        .Select(line => long.Parse(Regex.Match(line, @"\} (\d+)").Groups[1].Value))
        .FirstOrDefault();

    /// <summary>A silo whose grains, from some time on, know no claims.</summary>
    private sealed class WithoutClaims : IIncomingGrainCallFilter
    {
        private int _refused;

        public bool IsPrevious { get; set; }

        public int Refused => _refused;

        public async Task Invoke(IIncomingGrainCallContext context)
        {
            if (IsPrevious && context.MethodName == nameof(IPeerGrain.AdmitAsync))
            {
                Interlocked.Increment(ref _refused);
                throw new InvalidOperationException("no such method");
            }

            await context.Invoke();
            if (IsPrevious && context is { MethodName: nameof(IPeerGrain.AcceptAsync), Result: BatchVerdict verdict })
            {
                context.Result = verdict with { IsElsewhere = false };
            }
        }
    }
}
