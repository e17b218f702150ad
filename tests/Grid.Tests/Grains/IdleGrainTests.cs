using EcStreamOrleans.Grid.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace EcStreamOrleans.Grid.Tests.Grains;

/// <summary>A peer that was there once costs nothing later: its grain goes when nothing has been heard of it.</summary>
public sealed class IdleGrainTests
{
    [Fact]
    public async Task APeerThatIsSilent_LosesItsGrain_AndHasItAgain()
    {
        using var directory = new TempDirectory();
        await using var silo = await TestSilo.StartAsync(directory, services: services => services.Configure<GrainCollectionOptions>(options =>
        {
            options.CollectionQuantum = TimeSpan.FromSeconds(1);
            options.CollectionAge = TimeSpan.FromSeconds(2);
        }));
        for (var i = 0; i < 2; i++)
        {
            using (var client = await RawClient.ConnectAsync(silo.EndPoint))
            {
                await client.SendAsync(RawClient.Package("Subject: x\n\nx"));
                Assert.StartsWith("K", await client.ReadReplyAsync());
                Assert.Equal(1, await PeersAsync(silo));
            }

            await Within.Becomes(async () => await PeersAsync(silo) == 0, "the peer's grain is gone");
        }
    }

    private static async Task<int> PeersAsync(TestSilo silo) =>
        (await silo.Grains.GetGrain<IManagementGrain>(0).GetSimpleGrainStatistics()).Where(grain => grain.GrainType.Contains("PeerGrain", StringComparison.Ordinal)).Sum(grain => grain.ActivationCount);
}
