using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Deploy.Tests;

/// <summary>The configuration that is deployed is one that the programs take.</summary>
public class ConfTests
{
    private const string Conf = "deploy/kubernetes/base/conf/ecelerity.conf";

    private static readonly ConfigurationResult Result = ConfigurationLoader.Load(Tree.PathOf(Conf), new MountedFiles(DiskConfigFiles.FromEnvironment()));

    internal static double IdleTime => double.Parse(
        Tree.Text(Conf).Split('\n').Single(line => line.Contains("ECStream_Idle_Time =", StringComparison.Ordinal)).Split('=')[1], System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public void The_configuration_is_valid_without_a_warning()
    {
        Assert.NotNull(Result.Configuration);
        Assert.Empty(Result.Diagnostics.Select(d => d.ToString()));
    }

    [Fact]
    public void What_other_regions_pass_on_needs_a_certificate_and_comes_from_the_regions_networks()
    {
        var passed = Result.Configuration!.Listens.Single(listen => listen.Address.EndsWith(":1826", StringComparison.Ordinal));

        Assert.NotNull(passed.Tls);
        Assert.Equal(Regions.Networks, passed.Proxy!.From.Entries.Select(entry => entry.Key.ToString()));
    }

    [Fact]
    public void Every_file_of_it_is_mounted()
    {
        var mounted = Tree.Yaml("deploy/kubernetes/base/kustomization.yaml").Single().ListAt("configMapGenerator").Single().ListAt("files").Select(f => f.GetValue<string>());
        Assert.Equal(Tree.Files("deploy/kubernetes/base/conf", "*").Select(f => "conf/" + Path.GetFileName(f)), mounted);
    }
}

/// <summary>The files as a pod has them: those of secrets are a certificate of the test's.</summary>
internal sealed class MountedFiles(IConfigFiles disk) : IConfigFiles
{
    private const string Secrets = "/run/secrets/ecstream/";

    private readonly string _pem = CreatePem();

    public ImmutableArray<string> SearchPath => disk.SearchPath;

    public ConfigPathKind Probe(string path) => path.StartsWith(Secrets, StringComparison.Ordinal) ? ConfigPathKind.File : disk.Probe(path);

    public string GetFullPath(string path) => disk.GetFullPath(path);

    public IReadOnlyList<string> ListFiles(string directory) => disk.ListFiles(directory);

    public string ReadText(string path) => path.StartsWith(Secrets, StringComparison.Ordinal) ? _pem : disk.ReadText(path);

    private static string CreatePem()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem();
    }
}
