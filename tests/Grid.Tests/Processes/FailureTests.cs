using System.Net;
using EcStreamOrleans.Grid.Tests.Harness;
using Xunit.Abstractions;

namespace EcStreamOrleans.Grid.Tests.Processes;

/// <summary>The store gone, the network cut, nodes restarted one after the other: what got K is delivered, what could not be decided got Z, and the grid comes back by itself.</summary>
public sealed class FailureTests(ITestOutputHelper output) : IDisposable
{
    private static readonly IPAddress Suspended = IPAddress.Parse("127.0.0.66");

    /// <summary>Calls of 5 s, three times, and a queue before them: no answer takes longer, on a busy machine either.</summary>
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(25);

    private ProcessGrid? _grid;

    private ProcessGrid Grid => _grid!;

    public void Dispose() => _grid?.Dispose();

    [AzuriteFact]
    public async Task TheStoreAway_MailGoesOnForPeersKnownAndNew_NoSiloIsDeclaredDead_AndPolicyCanBeChangedAfterwards()
    {
        _grid = await ProcessGrid.StartAsync(silos: 2, edges: 1);
        var members = await Grid.MembersAsync();
        Assert.Equal(2, members.Count);
        Assert.All(members, member => Assert.EndsWith(": Active", member));
        await SuspendAsync();
        var known = new SteadyMail("known", peers: 6, _ => Grid.Edge.EndPoint);
        await known.EveryPeerGoesOnAsync("before the store goes");

        await Grid.Store.StopAsync();
        var strangers = new SteadyMail("new", peers: 6, _ => Grid.Edge.EndPoint);
        foreach (var silo in Grid.Silos)
        {
            await Within.Becomes(() => FailedAliveWrites(silo) >= 3, "the silo has failed three times to write that it is alive");
            Assert.True(await silo.Process.IsReadyAsync(), "A silo without the store takes mail.");
            Assert.StartsWith("the policy's store fails: ", (await silo.Process.StatusAsync()).Policy.Trouble);
            var refused = await silo.SuspendAsync(Suspended, "worse");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
            Assert.StartsWith("The policy's store fails: ", refused["detail"].GetString());
        }

        await Grid.Books.RunAsync(Grid.Edge.Listen, count: 2_000, size: 2_048, connections: 2);
        await known.EveryPeerGoesOnAsync("without the store");
        await strangers.EveryPeerGoesOnAsync("without the store");
        Assert.Equal("ready", (await Grid.Edge.ReadinessAsync()).Split('\n')[0]);
        await IsSuspendedAsync();

        var back = known.Now;
        await Grid.Store.StartAsync();
        await Within.Becomes(async () => (await Grid.Silos[1].ResumeAsync(Suspended)).Status == HttpStatusCode.OK, "policy can be changed again");
        output.WriteLine($"Policy could be changed {(known.Now - back).TotalSeconds:0.0} s after the store was back.");
        await AnswersAsync(Suspended, "K");
        foreach (var silo in Grid.Silos)
        {
            await Within.Becomes(async () => (await silo.Process.StatusAsync()).Policy is { Trouble: null, Version: 2 }, "in step again");
        }

        output.WriteLine($"All in step {(known.Now - back).TotalSeconds:0.0} s after the store was back.");
        await BalanceAsync(known, strangers);
        Assert.Equal(0, known.Deferred + strangers.Deferred);
        Assert.Equal(members, await Grid.MembersAsync());
    }

    [FaultsFact]
    public async Task AnEdgeCutOffFromOneSilo_GoesOnWithTheOther_AndCutOffFromBoth_PutsMailOff_UntilItIsHealed()
    {
        _grid = await ProcessGrid.StartStoreAsync();
        var silos = new[] { Grid.AddSilo(), Grid.AddSilo() };
        foreach (var silo in silos)
        {
            await silo.StartAsync();
        }

        using var first = new Wire(silos[0].Place.GatewayPort);
        using var second = new Wire(silos[1].Place.GatewayPort);
        await Grid.StartEdgeAsync(new ProcessFaults(Grid.Directory, (silos[0].Place.GatewayPort, first), (silos[1].Place.GatewayPort, second)));
        await SuspendAsync();
        var mail = new SteadyMail("cut", peers: 8, _ => Grid.Edge.EndPoint);
        await mail.EveryPeerGoesOnAsync("before the cut");

        var cut = mail.Now;
        first.Cut();
        await mail.EveryPeerGoesOnAsync("with one of two silos out of the edge's reach");
        output.WriteLine($"One silo out of the edge's reach: all mail was taken again after {mail.RecoveredAfter(cut).TotalSeconds:0.0} s; {mail}");
        var before = mail.Deferred;
        await mail.EveryPeerGoesOnAsync("in the long run", messages: 50);
        Assert.Equal(before, mail.Deferred);
        await IsSuspendedAsync();

        cut = mail.Now;
        second.Cut();
        await Within.Becomes(async () => await Grid.Edge.ReadinessAsync() == "cluster: no silo can be reached", "the edge knows that it is alone");
        output.WriteLine($"Both out of reach: the edge said so after {(mail.Now - cut).TotalSeconds:0.0} s.");
        await AnswersAsync(Suspended, "Z4.3.2 no silo of the grid can be reached");

        var healed = mail.Now;
        first.Heal();
        second.Heal();
        await Grid.Edge.BecomesReadyAsync();
        await mail.EveryPeerGoesOnAsync("when the cut is healed");
        output.WriteLine($"Healed: all mail was taken again after {mail.RecoveredAfter(healed).TotalSeconds:0.0} s; {mail}");
        await IsSuspendedAsync();
        await BalanceAsync(mail);
        Assert.InRange(mail.LongestAnswer, TimeSpan.Zero, LongestAnswer);
    }

    [FaultsFact]
    public async Task TwoSilosCutOffFromEachOther_OneIsVotedOutAndEnds_TheOtherGoesOn_AndItComesBack()
    {
        _grid = await ProcessGrid.StartStoreAsync();
        var (a, b) = (Grid.AddSilo(), Grid.AddSilo());
        using var toA = new Wire(a.Place.SiloPort);
        using var toB = new Wire(b.Place.SiloPort);
        a.Place.Faults = new ProcessFaults(Grid.Directory, (b.Place.SiloPort, toB));
        b.Place.Faults = new ProcessFaults(Grid.Directory, (a.Place.SiloPort, toA));
        await a.StartAsync();
        await b.StartAsync();
        await Grid.StartEdgeAsync();
        await SuspendAsync();
        var mail = new SteadyMail("split", peers: 8, _ => Grid.Edge.EndPoint);
        await mail.EveryPeerGoesOnAsync("before the cut");

        var cut = mail.Now;
        toA.Cut();
        toB.Cut();
        await Within.Becomes(() => a.Process.Process.HasExited || b.Process.Process.HasExited, "one of the two has found that it was voted out, and ended");
        output.WriteLine($"The silo that was voted out ended {(mail.Now - cut).TotalSeconds:0.0} s after the cut.");
        var (loser, winner) = a.Process.Process.HasExited ? (a, b) : (b, a);
        Assert.NotEqual(0, (await loser.Process.Process.ExitAsync()).ExitCode);
        await mail.EveryPeerGoesOnAsync("with the silo that is left");
        output.WriteLine($"All mail was taken again after {mail.RecoveredAfter(cut).TotalSeconds:0.0} s; {mail}");
        Assert.True(await winner.Process.IsReadyAsync(), "The silo that is left is ready.");
        await IsSuspendedAsync();

        toA.Heal();
        toB.Heal();
        await loser.StartAsync();
        await mail.EveryPeerGoesOnAsync("with both silos again");
        Assert.Equal(HttpStatusCode.OK, (await loser.ResumeAsync(Suspended)).Status);
        await AnswersAsync(Suspended, "K");
        await BalanceAsync(mail);
        Assert.InRange(mail.LongestAnswer, TimeSpan.Zero, LongestAnswer);
    }

    [AzuriteFact]
    public async Task EveryNodeRestartedInOrder_UnderLoad_NothingIsLost_AndNoSilosStopPutsMailOff()
    {
        _grid = await ProcessGrid.StartAsync(silos: 2, edges: 2);
        await SuspendAsync();
        var mail = new SteadyMail("rolling", peers: 8, i => Grid.Edges[i % 2].EndPoint);
        foreach (var silo in Grid.Silos)
        {
            using var load = await LoadAsync(Grid.Edges[0]);
            var told = mail.Now;
            Assert.Equal(0, await silo.Process.TerminateAsync());
            var ended = mail.Now;
            await silo.StartAsync();
            output.WriteLine($"A silo ended {(ended - told).TotalSeconds:0.0} s after SIGTERM, and was ready {(mail.Now - ended).TotalSeconds:0.0} s after its start.");
            await Grid.Books.EndAsync(load);
            await mail.EveryPeerGoesOnAsync("with the silo again");
        }

        output.WriteLine($"Behind the silos: {mail}");
        var deferredBySilos = mail.Deferred;
        for (var i = 0; i < Grid.Edges.Count; i++)
        {
            using var load = await LoadAsync(Grid.Edges[i]);
            var told = mail.Now;
            Assert.Equal(0, await Grid.Edges[i].TerminateAsync());
            output.WriteLine($"An edge ended {(mail.Now - told).TotalSeconds:0.0} s after SIGTERM.");
            await Grid.Books.EndAsync(load);
            await Grid.RestartEdgeAsync(i);
            await mail.EveryPeerGoesOnAsync("with the edge again");
        }

        await IsSuspendedAsync();
        Assert.Equal(HttpStatusCode.OK, (await Grid.Silos[0].ResumeAsync(Suspended)).Status);
        await BalanceAsync(mail);
        Assert.Equal(0, deferredBySilos);
    }

    [AzuriteFact]
    public async Task AnEdgeToldToStop_UnderLoad_AnswersWhatCameWhole_AndEndsWithinItsTime()
    {
        _grid = await ProcessGrid.StartAsync(silos: 1, edges: 1);
        using var quiet = await RawClient.ConnectAsync(Grid.Edge.EndPoint);
        await quiet.SendAsync(RawClient.Package("Subject: x\n\nx"));
        Assert.StartsWith("K", await quiet.ReadReplyAsync());

        // The beginning of a package whose rest never comes.
        using var stuck = await RawClient.ConnectAsync(Grid.Edge.EndPoint);
        await stuck.SendAsync("1000:9");
        using var load = await LoadAsync(Grid.Edge);
        var told = TimeProvider.System.GetTimestamp();
        Assert.Equal(0, await Grid.Edge.TerminateAsync());
        output.WriteLine($"The edge ended {TimeProvider.System.GetElapsedTime(told).TotalSeconds:0.0} s after SIGTERM.");
        Assert.Empty(await quiet.ReadToEndAsync());
        Assert.Empty(await stuck.ReadToEndAsync());
        await Grid.Books.EndAsync(load);
        Assert.DoesNotContain("fail:", Grid.Edge.Process.Output);
        Grid.Edge.Dispose();
        Grid.Edges.Clear();
        await BalanceAsync();
    }

    private static int FailedAliveWrites(ProcessGrid.Node silo) => silo.Process.Process.Output.Split("Failed to update table entry for this silo").Length - 1;

    /// <summary>A load of many connections, when it is under way.</summary>
    private async Task<ToolProcess> LoadAsync(EdgeProcess edge)
    {
        var before = Grid.Books.AcceptedIds().Count;
        var load = Grid.Books.Start(edge.Listen, count: 20_000, size: 4_096, connections: 4, window: 50);
        await Within.Becomes(() => load.HasExited || Grid.Books.AcceptedIds().Count > before + 200, "the load is under way");
        Assert.False(load.HasExited, load.Describe());
        return load;
    }

    private async Task SuspendAsync()
    {
        Assert.Equal(HttpStatusCode.OK, (await Grid.Silos[0].SuspendAsync(Suspended, "abuse")).Status);
        await IsSuspendedAsync();
    }

    private Task IsSuspendedAsync() => AnswersAsync(Suspended, "Z4.3.2 peer 127.0.0.66 is suspended: abuse");

    private Task AnswersAsync(IPAddress peer, string beginning) => Within.Becomes(
        async () =>
        {
            using var client = await RawClient.ConnectAsync(Grid.Edges[0].EndPoint, peer);
            await client.SendAsync(RawClient.Package("Subject: x\n\nx"));
            return (await client.ReadReplyAsync()).StartsWith(beginning, StringComparison.Ordinal);
        },
        $"{peer} is answered {beginning}");

    private async Task BalanceAsync(params SteadyMail[] all)
    {
        foreach (var mail in all)
        {
            await mail.EndAsync(Grid.Books);
            output.WriteLine($"{mail}");
        }

        output.WriteLine((await Grid.BalanceAsync()).Text);
    }
}
