using System.Net;
using System.Text.Json;
using EcStreamOrleans.Grid.Tests.Admin;
using EcStreamOrleans.Grid.Tests.Harness;
using Xunit.Abstractions;

namespace EcStreamOrleans.Grid.Tests.Processes;

/// <summary>This version beside the one before it, as they stand while a grid is upgraded or rolled back: each a process of its own build.</summary>
public sealed class SkewTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>A peer that nothing is sent from: what is set for it is there to be found again.</summary>
    private const string Elsewhere = "policy/overrides/10.0.0.0%2F8";

    private readonly TempDirectory _directory = new();
    private readonly List<string> _maildirs = [];
    private readonly List<SiloPlace> _places = [];
    private readonly List<SiloProcess> _silos = [];
    private readonly List<EdgeProcess> _edges = [];
    private Azurite? _azurite;

    public void Dispose()
    {
        _edges.ForEach(edge => edge.Dispose());
        _silos.ForEach(silo => silo.Dispose());
        _azurite?.Dispose();
        _directory.Dispose();
    }

    [PreviousVersionTheory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task AnEdge_AndASilo_OfTwoVersions_WorkTogether(bool isSiloPrevious, bool isEdgePrevious)
    {
        var books = new LoadBooks(_directory.Sub("ledger"));
        var silo = await StartSiloAsync("silo", isSiloPrevious, null);
        var edge = await StartEdgeAsync("edge", isEdgePrevious, null, $"--Grid:GatewayPort={_places[0].GatewayPort}");
        using var admin = Admin(0);

        await NamesBothVersionsAsync(admin, isSiloPrevious ? "silo" : "edge");
        await books.RunAsync(edge.Listen, count: 2_000, size: 4_096, connections: 2, window: 200);

        // One session, as the silo knows it of the edge; then a change of policy ends it: silent for a second, not for the five minutes of the file.
        using var client = await RawClient.ConnectAsync(edge.EndPoint);
        await client.SendAsync(RawClient.Package("Subject: x\n\nx"));
        Assert.StartsWith("K", await client.ReadReplyAsync());
        var listing = await admin.CallAsync("GET", "sessions");
        Assert.Empty(listing["missing"].EnumerateArray());
        var session = Assert.Single(listing["sessions"].EnumerateArray());
        Assert.Equal(("127.0.0.1", 1L), (session.GetProperty("peer").GetString(), session.GetProperty("messages").GetInt64()));
        Assert.Equal(Nodes(await admin.CallAsync("GET", "grid"), "edge").Single().Node, session.GetProperty("node").GetString());
        Assert.Equal(HttpStatusCode.OK, (await admin.CallAsync("PUT", "policy/overrides/127.0.0.1%2F32", """{"idleTime":1}""", ifMatch: 0)).Status);
        Assert.Empty(await Within.PatienceOf(client.ReadToEndAsync(), "the edge closes the idle session"));

        // The edge goes first and is out of the book at once, not when its lease has run out.
        Assert.Equal(0, await edge.TerminateAsync());
        Assert.Empty(Nodes(await admin.CallAsync("GET", "grid"), "edge"));
        Assert.Equal(0, (await silo.DrainsAsync()).Spool.MessagesFailed);
        Assert.Equal(0, await silo.TerminateAsync());
        Assert.DoesNotContain("fail:", edge.Process.Output);
        Assert.DoesNotContain("fail:", silo.Process.Output);
        output.WriteLine(books.Balance(Delivered()).Text);
    }

    [PreviousVersionAzuriteTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AGrid_GoesToTheOtherVersion_NodeByNode_UnderLoad_WithItsPolicyAndItsMail(bool isUpgrade)
    {
        _azurite = await Azurite.StartNewAsync();
        var cluster = new ClusterPlace(_azurite);
        var books = new LoadBooks(_directory.Sub("ledger"));
        await StartSiloAsync("a", isPrevious: isUpgrade, cluster);
        await StartSiloAsync("b", isPrevious: isUpgrade, cluster);
        var before = await StartEdgeAsync("before", isPrevious: isUpgrade, cluster);
        using (var admin = Admin(0))
        {
            Assert.Equal(HttpStatusCode.OK, (await admin.CallAsync("PUT", Elsewhere, """{"idleTime":77}""", ifMatch: 0)).Status);
        }

        // Silos go in their order, each under load, then come on what they had: spool, state and membership as the other version wrote them.
        for (var i = 0; i < _silos.Count; i++)
        {
            var accepted = books.AcceptedIds().Count;
            using var load = books.Start(before.Listen, count: 10_000, size: 4_096, connections: 2, window: 5);
            await Within.Becomes(() => load.HasExited || books.AcceptedIds().Count > accepted + 200, "the load is under way");
            Assert.False(load.HasExited, load.Describe());
            Assert.Equal(0, await _silos[i].TerminateAsync());
            _silos[i].Dispose();
            _places[i].Program = isUpgrade ? Repository.SiloDll : await PreviousVersion.SiloAsync();
            _silos[i] = await SiloProcess.StartAsync(_places[i]);
            await books.EndAsync(load);
            using var admin = Admin(i);
            await NamesBothVersionsAsync(admin, isUpgrade ? "edge" : "silo");
            await HoldsAsync(admin, idleTime: 77, version: 1);
        }

        // What the one version has set the other one changes, and nodes of both go by it.
        var after = await StartEdgeAsync("after", isPrevious: !isUpgrade, cluster);
        using (var admin = Admin(1))
        {
            Assert.Equal(HttpStatusCode.OK, (await admin.CallAsync("PUT", Elsewhere, """{"idleTime":78}""", ifMatch: 1)).Status);
            await Within.Becomes(async () => Nodes(await admin.CallAsync("GET", "grid")).All(node => node.Policy == 2), "every node goes by the change");
            await HoldsAsync(admin, idleTime: 78, version: 2);
        }

        Assert.Equal(0, await before.TerminateAsync());
        await books.RunAsync(after.Listen, count: 500, size: 2_048);
        foreach (var silo in _silos)
        {
            Assert.Equal(0, (await silo.DrainsAsync()).Spool.MessagesFailed);
        }

        output.WriteLine(books.Balance(Delivered(), mayBeUndecided: true).Text);
    }

    private async Task<SiloProcess> StartSiloAsync(string name, bool isPrevious, ClusterPlace? cluster)
    {
        _maildirs.Add(_directory.Sub($"{name}-mail"));
        var place = new SiloPlace(_directory, SiloPlace.Maildir(_maildirs[^1]), name) { Cluster = cluster, GatewayPort = ServicePort.Next() };
        if (isPrevious)
        {
            place.Program = await PreviousVersion.SiloAsync();
        }

        _places.Add(place);
        _silos.Add(await SiloProcess.StartAsync(place));
        return _silos[^1];
    }

    private async Task<EdgeProcess> StartEdgeAsync(string name, bool isPrevious, ClusterPlace? cluster, params string[] more)
    {
        var edge = EdgeProcess.Start(isPrevious ? await PreviousVersion.EdgeAsync() : Repository.EdgeDll, _directory, name, cluster, more);
        _edges.Add(edge);
        await edge.BecomesReadyAsync();
        return edge;
    }

    private HttpClient Admin(int silo) => new() { BaseAddress = new Uri(_places[silo].Admin) };

    /// <summary>Waits until the nodes of the role that has the previous version are in the book as such, beside others that are not, with the warning that they differ.</summary>
    private static async Task NamesBothVersionsAsync(HttpClient admin, string previous)
    {
        AdminAnswer? grid = null;
        await Within.Becomes(
            async () =>
            {
                grid = await admin.CallAsync("GET", "grid");
                var versions = Nodes(grid).ToLookup(node => node.Version.EndsWith(PreviousVersion.Suffix, StringComparison.Ordinal), node => node.Role);
                return versions[true].Contains(previous) && versions[false].Any();
            },
            $"the grid names both versions, the previous one as that of a {previous}");
        Assert.Contains(grid!["warnings"].EnumerateArray(), warning => warning.GetString()!.StartsWith("The nodes are of different versions: ", StringComparison.Ordinal));
    }

    private static async Task HoldsAsync(HttpClient admin, int idleTime, long version)
    {
        var scope = await admin.CallAsync("GET", Elsewhere);
        Assert.Equal(($"\"{version}\"", idleTime), (scope.ETag, scope["set"].GetProperty("idleTime").GetInt32()));
    }

    private static IEnumerable<(string Node, string Role, string Version, long Policy)> Nodes(AdminAnswer grid, string? role = null) =>
        from JsonElement node in grid["nodes"].EnumerateArray()
        where role is null || node.GetProperty("role").GetString() == role
        select (node.GetProperty("node").GetString()!, node.GetProperty("role").GetString()!, node.GetProperty("version").GetString()!, node.GetProperty("policyVersion").GetInt64());

    private List<DeliveredMail> Delivered() =>
        [.. _maildirs.Where(Directory.Exists).SelectMany(DeliveredMail.ReadAll).Where(mail => mail.Text.Contains("X-Load-Id", StringComparison.Ordinal))];
}
