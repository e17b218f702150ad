using System.Net;
using EcStreamOrleans.Grid.Tests.Harness;
using Orleans.Messaging;

namespace EcStreamOrleans.Grid.Tests.Storage;

/// <summary>What Orleans demands of a membership table.</summary>
public abstract class MembershipTableContract : IAsyncLifetime
{
    private static readonly DateTime Start = new(2026, 1, 1, 12, 0, 0, 123, DateTimeKind.Utc);

    private IMembershipTable _table = null!;

    public virtual async Task InitializeAsync()
    {
        _table = Open("cluster");
        await _table.InitializeMembershipTableAsync(true, default);
    }

    public abstract Task DisposeAsync();

    [ContractFact]
    public async Task ANewTable_IsEmpty_AtVersionZero_WhoeverBegins()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Open("another").InitializeMembershipTableAsync(true, default)));

        var data = await Open("another").ReadAllAsync(default);

        Assert.Empty(data.Members);
        Assert.Equal(0, data.Version.Version);
        Assert.NotEmpty(data.Version.VersionEtag);
    }

    [ContractFact]
    public async Task ASilo_IsInsertedOnce_AtTheVersionThatWasRead()
    {
        var empty = (await _table.ReadAllAsync(default)).Version;
        var silo = Silo(1);
        Assert.True(await _table.InsertRowAsync(silo, empty.Next(), default));
        var one = await _table.ReadAllAsync(default);
        Assert.Equal(1, one.Version.Version);

        Assert.False(await _table.InsertRowAsync(silo, empty.Next(), default));
        Assert.False(await _table.InsertRowAsync(silo, one.Version.Next(), default));
        Assert.False(await _table.InsertRowAsync(Silo(2), empty.Next(), default));

        var after = await _table.ReadAllAsync(default);
        Assert.Equal((1, one.Version.VersionEtag), (after.Version.Version, after.Version.VersionEtag));
        Assert.Equal(silo.ToFullString(), Assert.Single(after.Members).Item1.ToFullString());
    }

    [ContractFact]
    public async Task ARow_IsReadBack_WordForWord()
    {
        var silo = Silo(1, "2001:db8::1");
        silo.SuspectTimes = [Tuple.Create(Silo(2).SiloAddress, Start), Tuple.Create(Silo(3, "2001:db8::3").SiloAddress, Start.AddSeconds(1))];
        (silo.RoleName, silo.UpdateZone, silo.FaultZone) = ("role", 3, 4);
        await InsertAsync(silo);
        await InsertAsync(Silo(4));

        var row = await Open("cluster").ReadRowAsync(silo.SiloAddress, default);

        var read = Assert.Single(row.Members).Item1;
        Assert.Equal(silo.ToFullString(), read.ToFullString());
        Assert.Equal((silo.RoleName, silo.UpdateZone, silo.FaultZone, silo.HostName), (read.RoleName, read.UpdateZone, read.FaultZone, read.HostName));
        Assert.Equal((silo.StartTime, silo.IAmAliveTime, DateTimeKind.Utc), (read.StartTime, read.IAmAliveTime, read.StartTime.Kind));
        Assert.Equal(silo.SuspectTimes, read.SuspectTimes);
        Assert.Equal(2, row.Version.Version);
        Assert.Empty((await _table.ReadRowAsync(Silo(9).SiloAddress, default)).Members);
    }

    [ContractFact]
    public async Task AnUpdate_NeedsBothVersions_AndChangesNothingWithoutThem()
    {
        var silo = Silo(1);
        await InsertAsync(silo);
        var old = await _table.ReadRowAsync(silo.SiloAddress, default);
        var (entry, oldETag) = Assert.Single(old.Members);
        entry.Status = SiloStatus.Active;
        entry.AddSuspector(Silo(2).SiloAddress, Start);
        Assert.True(await _table.UpdateRowAsync(entry, oldETag, old.Version.Next(), default));
        var now = await _table.ReadRowAsync(silo.SiloAddress, default);
        Assert.Equal(entry.ToFullString(), Assert.Single(now.Members).Item1.ToFullString());

        entry.Status = SiloStatus.Dead;
        Assert.False(await _table.UpdateRowAsync(entry, oldETag, old.Version.Next(), default));
        Assert.False(await _table.UpdateRowAsync(entry, oldETag, now.Version.Next(), default));
        Assert.False(await _table.UpdateRowAsync(entry, now.Members[0].Item2, old.Version.Next(), default));
        Assert.False(await _table.UpdateRowAsync(Silo(9), now.Members[0].Item2, now.Version.Next(), default));

        var after = await _table.ReadAllAsync(default);
        Assert.Equal((SiloStatus.Active, 2), (Assert.Single(after.Members).Item1.Status, after.Version.Version));
        Assert.True(await _table.UpdateRowAsync(entry, after.Members[0].Item2, after.Version.Next(), default));
    }

    [ContractFact]
    public async Task OfManyWritersAtOnce_OneWins_AndEveryVersionIsOneChange()
    {
        for (var round = 0; round < 5; round++)
        {
            var version = (await _table.ReadAllAsync(default)).Version.Next();
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 10).Select(n => Open("cluster").InsertRowAsync(Silo((round * 10) + n + 1), version, default)));
            Assert.Single(outcomes, won => won);
        }

        var data = await _table.ReadAllAsync(default);
        Assert.Equal((5, 5), (data.Members.Count, data.Version.Version));

        await Task.WhenAll(data.Members.Select(async member =>
        {
            while (true)
            {
                var row = await _table.ReadRowAsync(member.Item1.SiloAddress, default);
                var (entry, eTag) = row.Members[0];
                entry.Status = SiloStatus.Dead;
                if (await _table.UpdateRowAsync(entry, eTag, row.Version.Next(), default))
                {
                    return;
                }
            }
        }));
        var after = await _table.ReadAllAsync(default);
        Assert.Equal(10, after.Version.Version);
        Assert.All(after.Members, m => Assert.Equal(SiloStatus.Dead, m.Item1.Status));
    }

    [ContractFact]
    public async Task ASignOfLife_ChangesOnlyItsTime_AndGetsInNobodysWay()
    {
        var silo = Silo(1);
        await InsertAsync(silo);
        var before = await _table.ReadAllAsync(default);
        var sign = Silo(1);
        (sign.IAmAliveTime, sign.Status, sign.HostName) = (Start.AddMinutes(5), SiloStatus.Dead, "elsewhere");

        await _table.UpdateIAmAliveAsync(sign, default);

        var after = await _table.ReadAllAsync(default);
        var read = Assert.Single(after.Members).Item1;
        Assert.Equal((Start.AddMinutes(5), SiloStatus.Joining, "host"), (read.IAmAliveTime, read.Status, read.HostName));
        Assert.Equal((before.Version.Version, before.Version.VersionEtag), (after.Version.Version, after.Version.VersionEtag));
        Assert.True(await _table.UpdateRowAsync(silo, before.Members[0].Item2, before.Version.Next(), default));
    }

    [ContractFact]
    public async Task Cleaning_TakesTheDead_OfWhomNothingWasHeardSince()
    {
        MembershipEntry[] silos = [Silo(1), Silo(2), Silo(3), Silo(4), Silo(5)];
        (silos[0].Status, silos[1].Status, silos[2].Status, silos[3].Status) = (SiloStatus.Dead, SiloStatus.Active, SiloStatus.Dead, SiloStatus.Dead);
        silos[2].IAmAliveTime = Start.AddHours(2);
        silos[3].SuspectTimes = [Tuple.Create(silos[1].SiloAddress, Start.AddHours(2))];
        foreach (var silo in silos)
        {
            await InsertAsync(silo);
        }

        await Open("cluster").CleanupDefunctSiloEntriesAsync(new DateTimeOffset(Start.AddHours(1)), default);
        await _table.CleanupDefunctSiloEntriesAsync(new DateTimeOffset(Start.AddHours(1)), default);

        var data = await _table.ReadAllAsync(default);
        Assert.Equal([2, 3, 4, 5], data.Members.Select(m => m.Item1.SiloAddress.Generation).Order());
        Assert.Equal(5, data.Version.Version);
    }

    [ContractFact]
    public async Task Clusters_AreKeptApart_AndADeletedOneBeginsAnew()
    {
        var another = Open("another");
        await another.InitializeMembershipTableAsync(true, default);
        await InsertAsync(Silo(1));
        Assert.Empty((await another.ReadAllAsync(default)).Members);
        Assert.True(await another.InsertRowAsync(Silo(2), (await another.ReadAllAsync(default)).Version.Next(), default));

        var before = (await _table.ReadAllAsync(default)).Version;
        await _table.DeleteMembershipTableEntriesAsync("cluster", default);
        Assert.False(await _table.InsertRowAsync(Silo(3), before.Next(), default));
        Assert.False(await _table.InsertRowAsync(Silo(3), (await _table.ReadAllAsync(default)).Version.Next(), default));
        await _table.InitializeMembershipTableAsync(true, default);
        Assert.Equal(0, (await _table.ReadAllAsync(default)).Version.Version);
        Assert.Single((await another.ReadAllAsync(default)).Members);
    }

    [ContractFact]
    public async Task Gateways_AreThoseOfActiveSilos_ThatHaveOne()
    {
        MembershipEntry[] silos = [Silo(1), Silo(2), Silo(3), Silo(4, "2001:db8::1")];
        (silos[0].Status, silos[1].Status, silos[3].Status) = (SiloStatus.Active, SiloStatus.Active, SiloStatus.Active);
        (silos[0].ProxyPort, silos[1].ProxyPort, silos[2].ProxyPort, silos[3].ProxyPort) = (30_001, 0, 30_003, 30_004);
        foreach (var silo in silos)
        {
            await InsertAsync(silo);
        }

        var gateways = OpenGateways("cluster");
        await gateways.InitializeGatewayListProviderAsync(default);

        Assert.Equal(["gwy.tcp://127.0.0.1:30001/1", "gwy.tcp://[2001:db8::1]:30004/4"], (await gateways.GetGatewaysAsync(default)).Select(g => $"{g}").Order());
        Assert.Equal(TimeSpan.FromMinutes(1), gateways.MaxStaleness);
    }

    /// <summary>Another opening of the same table, as another silo would have it.</summary>
    private protected abstract IMembershipTable Open(string clusterId);

    private protected abstract IGatewayListProvider OpenGateways(string clusterId);

    private protected static MembershipEntry Silo(int generation, string address = "127.0.0.1") => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Parse(address), 11_111, generation),
        Status = SiloStatus.Joining,
        HostName = "host",
        SiloName = $"silo {generation}",
        RoleName = "",
        ProxyPort = 30_000,
        StartTime = Start,
        IAmAliveTime = Start.AddSeconds(1),
        SuspectTimes = [],
    };

    private protected async Task InsertAsync(MembershipEntry silo) =>
        Assert.True(await _table.InsertRowAsync(silo, (await _table.ReadAllAsync(default)).Version.Next(), default));
}
