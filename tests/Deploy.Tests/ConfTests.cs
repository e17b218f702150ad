using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Deploy.Tests;

/// <summary>The configuration that is deployed is one that the programs take.</summary>
public class ConfTests
{
    private const string Conf = "deploy/kubernetes/base/conf/ecelerity.conf";

    private static readonly ConfigurationResult Result = ConfigurationLoader.Load(Tree.PathOf(Conf), DiskConfigFiles.FromEnvironment());

    internal static double IdleTime => double.Parse(
        Tree.Text(Conf).Split('\n').Single(line => line.Contains("ECStream_Idle_Time =", StringComparison.Ordinal)).Split('=')[1], System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public void The_configuration_is_valid_without_a_warning()
    {
        Assert.NotNull(Result.Configuration);
        Assert.Empty(Result.Diagnostics.Select(d => d.ToString()));
    }

    [Fact]
    public void Every_file_of_it_is_mounted()
    {
        var mounted = Tree.Yaml("deploy/kubernetes/base/kustomization.yaml").Single().ListAt("configMapGenerator").Single().ListAt("files").Select(f => f.GetValue<string>());
        Assert.Equal(Tree.Files("deploy/kubernetes/base/conf", "*").Select(f => "conf/" + Path.GetFileName(f)), mounted);
    }
}
