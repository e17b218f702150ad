using EcStreamOrleans.Scale;

namespace EcStreamOrleans.Deploy.Tests;

/// <summary>The figures of docs/scale.md are what the simulation gives, and the simulation is one that can be believed.</summary>
public class ScaleTests
{
    [Fact]
    public void The_document_has_the_figures_of_the_simulation()
    {
        var document = Tree.Text("docs/scale.md");
        Assert.All(Report.Write().Split('\n').Where(line => line.Length > 0), line => Assert.Contains(line + "\n", document, StringComparison.Ordinal));
    }

    [Fact]
    public void The_same_seed_gives_the_same_loss_of_a_zone_and_every_lost_silo_is_declared_dead()
    {
        var loss = ZoneLoss.Simulate(60, 7);
        Assert.Equal(loss, ZoneLoss.Simulate(60, 7));
        Assert.NotEqual(loss, ZoneLoss.Simulate(60, 8));
        Assert.Equal(Assumptions.Votes * loss.Lost, loss.Writes);
        Assert.True(loss.FirstDead >= Assumptions.MissedProbes * Assumptions.ProbeSeconds && loss.FirstDead <= loss.HalfDead && loss.HalfDead <= loss.LastDead, loss.ToString());
    }

    [Fact]
    public void The_spools_are_those_of_the_manifests() => Assert.All(SpoolRoom.All, room =>
    {
        Assert.Contains($"DiskMBpsReadWrite: \"{room.DiskMegabytesPerSecond}\"", Tree.Text($"deploy/kubernetes/components/{room.Name}/storage.yaml"), StringComparison.Ordinal);
        Assert.Contains($"value: \"{room.MaxBytes:0}\"", Tree.Text($"deploy/kubernetes/components/{room.Name}/kustomization.yaml"), StringComparison.Ordinal);
        Assert.Equal(room.Copies > 1, Tree.Text($"deploy/kubernetes/components/{room.Name}/kustomization.yaml").Contains($"Grid__Spool__Copies, value: \"{room.Copies}\"", StringComparison.Ordinal));
    });

    [Fact]
    public void The_calls_of_followers_are_as_frequent_as_the_code_has_them() => Assert.Contains(
        $"CallPeriod = TimeSpan.FromSeconds({Assumptions.FollowerCallSeconds})", Tree.Text("src/Grains/Policy/PolicyFollower.cs"), StringComparison.Ordinal);
}
