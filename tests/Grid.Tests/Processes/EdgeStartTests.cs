using EcStreamOrleans.Grid.Tests.Harness;

namespace EcStreamOrleans.Grid.Tests.Processes;

/// <summary>A separate edge says what is wrong with what it is told, and why it cannot start, each in a line that a person can act on.</summary>
public sealed class EdgeStartTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task HelpAndVersion_AreAnswered()
    {
        var help = await RunAsync("--help");
        Assert.Equal((0, ""), (help.ExitCode, help.Errors));
        Assert.All(["--conf FILE", "--health URL", "--version"], part => Assert.Contains(part, help.Output));
        var version = await RunAsync("--version");
        Assert.Equal(0, version.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+$", version.Output);
    }

    [Fact]
    public async Task UnknownArgumentsAndSettings_AreAllNamed()
    {
        await SaysAsync(["--data", "x"], "--data: unknown argument; --help lists what there is.", "x: unknown argument; --help lists what there is.");
        await SaysAsync(["--health"], "--health: needs a value.");
        var conf = _directory.File("broken.conf", "ECStream_Listener {\n  ECStream_Max_Batch_Size = \"many\"\n  Listen \"127.0.0.1:1825\" { }\n}\n");
        await SaysAsync(
            ["--conf", conf, "--health", "ftp://127.0.0.1", "--Grid:SiloPort=1", "--Grid:Limits:BatchRetries=11", "--Grid:Clustering:Kind=AzureTables"],
            "Grid:SiloPort: unknown setting. Grid has: ClusterId, Clustering, Conf, Facts, Fallback, GatewayPort, Health, Limits, ReceptionLog, ServiceId, Storage, Strict, Tracing, Transport.",
            "Grid:Limits:BatchRetries = 11: must be between 0 and 10.",
            "Grid:Health = ftp://127.0.0.1: must be of the form http://ADDRESS:PORT.",
            "Grid:Clustering:Kind = AzureTables: needs either Grid:Clustering:ServiceUri, for a managed identity, or Grid:Clustering:ConnectionString, in development, or those of Grid:Storage.",
            $"{conf}:2:29: error: ECStream_Max_Batch_Size: expected an integer, found 'many'");
        await SaysAsync(
            ["--Grid:Clustering:Kind=AzureTables", "--Grid:Clustering:ConnectionString=UseDevelopmentStorage=true"],
            "Grid:Clustering:ConnectionString has the account's key and is for development: use Grid:Clustering:ServiceUri and a managed identity, or set DOTNET_ENVIRONMENT=Development.");
    }

    [Fact]
    public async Task PortsThatAreTaken_AreNamed()
    {
        using var edge = EdgeProcess.Start(_directory, "first", more: $"--Grid:GatewayPort={ServicePort.Next()}");
        await Within.Becomes(async () => (await edge.ReadinessAsync()).StartsWith("cluster: ", StringComparison.Ordinal), "the edge waits for a silo");

        await IsRefusedAsync(["--conf", Conf(edge.ListenPort), "--health", $"http://127.0.0.1:{ServicePort.Next()}"], $"Cannot listen: {edge.Listen}: ");
        await IsRefusedAsync(["--conf", Conf(ServicePort.Next()), "--health", edge.HealthUrl], "Cannot listen: ", edge.HealthUrl, "--health");

        // Told to stop while it still looks for a silo.
        Assert.Equal(0, await edge.TerminateAsync());
        Assert.Equal("", edge.Process.Errors);
    }

    [Fact]
    public async Task ASilo_WithoutAnotherConfiguration_TakesEdgesOfItsMachine()
    {
        var place = new SiloPlace(_directory) { GatewayPort = ServicePort.Next() };
        using var silo = await SiloProcess.StartAsync(place);
        using var edge = EdgeProcess.Start(_directory, "edge", more: $"--Grid:GatewayPort={place.GatewayPort}");
        await edge.BecomesReadyAsync();
        var books = new LoadBooks(_directory.Sub("ledger"));
        await books.RunAsync(edge.Listen, count: 20, size: 1_024);
        Assert.Equal(20, (await silo.StatusAsync()).Spool.MessagesWaiting);

        var second = new SiloPlace(_directory, name: "second") { GatewayPort = place.GatewayPort };
        var refused = await ToolProcess.RunAsync("dotnet", [Repository.SiloDll, .. second.Arguments]);
        Assert.Equal((1, $"Cannot start: port {place.GatewayPort} on 127.0.0.1 is taken, probably by another silo; give this one another with --Grid:GatewayPort=PORT."), (refused.ExitCode, refused.Errors));
        Assert.Equal(0, await edge.TerminateAsync());
        Assert.Equal(0, await silo.TerminateAsync());
    }

    [Fact]
    public async Task UnderMutualTls_AnEdgeWithACertificateOfTheGrid_IsTaken_AndAnotherIsNot()
    {
        var authority = new TestCertificates(_directory);
        using var foreignDirectory = new TempDirectory();
        var foreigner = new TestCertificates(foreignDirectory);
        var place = new SiloPlace(_directory) { GatewayPort = ServicePort.Next() };
        using var silo = await SiloProcess.StartAsync(place, Tls(authority, "silo"));
        using var edge = EdgeProcess.Start(_directory, "edge", more: [$"--Grid:GatewayPort={place.GatewayPort}", .. Tls(authority, "edge")]);
        using var stranger = EdgeProcess.Start(_directory, "stranger", more: [$"--Grid:GatewayPort={place.GatewayPort}", .. Tls(foreigner, "edge")]);
        using var plain = EdgeProcess.Start(_directory, "plain", more: $"--Grid:GatewayPort={place.GatewayPort}");

        await edge.BecomesReadyAsync();
        var books = new LoadBooks(_directory.Sub("ledger"));
        await books.RunAsync(edge.Listen, count: 20, size: 1_024);

        Assert.Equal(20, (await silo.StatusAsync()).Spool.MessagesWaiting);
        await Within.Becomes(() => silo.Process.Output.Contains("is refused", StringComparison.Ordinal), "the silo says whom it has refused");
        Assert.All([await stranger.ReadinessAsync(), await plain.ReadinessAsync()], words => Assert.StartsWith("cluster: no silo has been reached yet", words));

        var halfConfigured = await RunAsync(Tls(authority, "half")[..2]);
        Assert.Equal((2, "Grid:Transport: TLS needs a certificate, its key and authorities; missing: Grid:Transport:Authorities."), (halfConfigured.ExitCode, halfConfigured.Errors));
        var broken = await RunAsync([.. Tls(authority, "half")[..2], $"--Grid:Transport:Authorities={_directory.Sub("nothing.pem")}"]);
        Assert.Equal(2, broken.ExitCode);
        Assert.Contains("nothing.pem", Assert.Single(broken.Errors.Split('\n')));
    }

    private static string[] Tls(TestCertificates authority, string name)
    {
        var (certificate, key) = authority.NodeFiles(name);
        return [$"--Grid:Transport:Certificate={certificate}", $"--Grid:Transport:CertificateKey={key}", $"--Grid:Transport:Authorities={authority.RootFile}"];
    }

    private string Conf(int port) => _directory.File($"{port}.conf", $$"""ECStream_Listener { Listen "127.0.0.1:{{port}}" { } }""");

    private static async Task IsRefusedAsync(string[] arguments, params string[] parts)
    {
        var result = await RunAsync(arguments);
        Assert.True(result.ExitCode == 1, $"Exit {result.ExitCode}, {result.Errors}\n{result.Output}");
        var line = Assert.Single(result.Errors.Split('\n'));
        Assert.All(parts, part => Assert.Contains(part, line));
    }

    private static async Task SaysAsync(string[] arguments, params string[] lines)
    {
        var result = await RunAsync(arguments);
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Equal(lines.Order(), result.Errors.Split('\n').Order());
    }

    private static Task<ToolResult> RunAsync(params string[] arguments) => ToolProcess.RunAsync("dotnet", [Repository.EdgeDll, .. arguments]);
}
