using System.Net;
using EcStreamOrleans.Grid.Tests.Admin;
using EcStreamOrleans.Grid.Tests.Harness;
using Xunit.Abstractions;

namespace EcStreamOrleans.Grid.Tests.Processes;

/// <summary>The wall clock of one process of a grid is set forward and back by an hour: waits and leases do not go by it, ends of overrides do.</summary>
public sealed class ClockTests(ITestOutputHelper output) : IDisposable
{
    private static readonly IPAddress Suspended = IPAddress.Parse("127.0.0.66");
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private ProcessGrid? _grid;

    private ProcessGrid Grid => _grid!;

    public void Dispose() => _grid?.Dispose();

    [FaultsFact]
    public async Task TheClockOfOneSilo_ThenOfTheEdge_SetForwardAndBack_NothingIsPutOff_NobodyIsDeclaredDead_AndPolicyIsInOrder()
    {
        _grid = await ProcessGrid.StartStoreAsync();
        var (odd, other) = (Grid.AddSilo(), Grid.AddSilo());
        odd.Place.Faults = new ProcessFaults(Grid.Directory);
        await odd.StartAsync();
        await other.StartAsync();
        var edgesClock = new ProcessFaults(Grid.Directory);
        await Grid.StartEdgeAsync(edgesClock);
        var members = await Grid.MembersAsync();
        using var quiet = await RawClient.ConnectAsync(Grid.Edge.EndPoint, IPAddress.Parse("127.0.0.67"));
        await IsTakenAsync(quiet);
        using var suspended = await RawClient.ConnectAsync(Grid.Edge.EndPoint, Suspended);
        var mail = new SteadyMail("clock", peers: 8, _ => Grid.Edge.EndPoint);
        foreach (var shift in new[] { Hour, TimeSpan.Zero, -Hour, TimeSpan.Zero })
        {
            odd.Place.Faults.ShiftClock(shift);
            Assert.InRange((await odd.Process.StatusAsync()).Instant - TimeProvider.System.GetUtcNow() - shift, TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(1));
            await GoesOnAsync(mail, suspended, $"with the silo's clock {shift} ahead");
            edgesClock.ShiftClock(-shift);
            await GoesOnAsync(mail, suspended, $"with the edge's clock {-shift} ahead, too");
        }

        await EndsByTheWallClockAsync(odd, suspended);
        await IsTakenAsync(quiet);
        await RetriesAsync(odd);
        Assert.Equal(members, await Grid.MembersAsync());
        foreach (var silo in Grid.Silos)
        {
            var log = (await silo.Admin.CallAsync("GET", "policy/log?after=0&limit=100"))["entries"].EnumerateArray().Select(entry => entry.GetProperty("instant").GetDateTimeOffset()).ToList();
            Assert.Equal(17, log.Count);
            Assert.Equal(log.Order(), log);
        }

        await mail.EndAsync(Grid.Books);
        output.WriteLine($"{mail}");
        var result = await Grid.BalanceAsync();
        output.WriteLine(result.Text);
        Assert.Equal(0, mail.Deferred + mail.Unanswered);
        Assert.Empty(result.Duplicated);
        var ids = Grid.Silos.SelectMany(silo => DeliveredMail.ReadAll(silo.Maildir)).Select(m => m.File.Split('_')[1].Split('.')[0]).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    /// <summary>Mail is taken, and a change of policy at either silo reaches the edge's open session.</summary>
    private async Task GoesOnAsync(SteadyMail mail, RawClient suspended, string when)
    {
        await mail.EveryPeerGoesOnAsync(when);
        Assert.Equal(HttpStatusCode.OK, (await Grid.Silos[0].SuspendAsync(Suspended, "abuse")).Status);
        await AnswersAsync(suspended, "Z4.3.2 peer 127.0.0.66 is suspended: abuse", when);
        Assert.Equal(HttpStatusCode.OK, (await Grid.Silos[1].ResumeAsync(Suspended)).Status);
        await AnswersAsync(suspended, "K", when);
    }

    /// <summary>What is set until an instant ends for a node when its own clock says so.</summary>
    private static async Task EndsByTheWallClockAsync(ProcessGrid.Node silo, RawClient suspended)
    {
        // A session that opens while its peer is suspended is refused for good; this one is open.
        using var peer = await RawClient.ConnectAsync(silo.Place.EndPoint, IPAddress.Parse("127.0.0.68"));
        await IsTakenAsync(peer);
        var until = TimeProvider.System.GetUtcNow() + (Hour / 2);
        var set = await silo.Admin.CallAsync("POST", "policy/suspensions?wait=5", $$"""{"block":"127.0.0.68","reason":"abuse","until":"{{until:yyyy-MM-dd'T'HH:mm:ss'Z'}}"}""");
        Assert.Equal(HttpStatusCode.OK, set.Status);
        await AnswersAsync(peer, "Z4.3.2 peer 127.0.0.68 is suspended", "until an instant");
        silo.Place.Faults!.ShiftClock(Hour);
        await AnswersAsync(peer, "K", "behind that instant");
        silo.Place.Faults.ShiftClock(TimeSpan.Zero);
        await AnswersAsync(suspended, "K", "at last");
    }

    /// <summary>What waits for its next attempt does not wait for the hour to come again.</summary>
    private async Task RetriesAsync(ProcessGrid.Node silo)
    {
        var tmp = Path.Combine(silo.Maildir, "tmp");
        Directory.CreateDirectory(silo.Maildir);
        await Within.Becomes(() => TryObstruct(tmp), "a file stands where the Maildir's tmp belongs");
        await Grid.Books.RunAsync(silo.Place.Listen, count: 20, size: 1_024);
        await silo.Process.ReachesAsync(status => status.Relay.State == "retrying", "the relay tries again");
        silo.Place.Faults!.ShiftClock(-Hour);
        File.Delete(tmp);
        await silo.Process.DrainsAsync();
        silo.Place.Faults.ShiftClock(TimeSpan.Zero);
    }

    private static bool TryObstruct(string tmp)
    {
        try
        {
            if (Directory.Exists(tmp))
            {
                Directory.Move(tmp, $"{tmp}-{Guid.NewGuid():N}");
            }

            using var file = new FileStream(tmp, FileMode.CreateNew);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A delivery has made the directory again in between.
            return false;
        }
    }

    private static async Task IsTakenAsync(RawClient client)
    {
        await client.SendAsync(RawClient.Package("Subject: x\n\nx"));
        Assert.StartsWith("K", await client.ReadReplyAsync());
    }

    private static Task AnswersAsync(RawClient client, string beginning, string when) => Within.Becomes(
        async () =>
        {
            await client.SendAsync(RawClient.Package("Subject: x\n\nx"));
            return (await client.ReadReplyAsync()).StartsWith(beginning, StringComparison.Ordinal);
        },
        $"the answer is {beginning} {when}");
}
