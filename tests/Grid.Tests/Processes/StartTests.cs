using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Silo;
using EcStreamOrleans.Silo.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Processes;

/// <summary>A silo that cannot start says why in a line that a person can act on, and leaves the running one alone.</summary>
public sealed class StartTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ASecondSilo_OnTheSamePortsOrData_IsRefusedInOneLine()
    {
        var place = new SiloPlace(_directory);
        using var silo = await SiloProcess.StartAsync(place);

        await IsRefusedAsync(
            new SiloPlace(_directory, name: "port") { SiloPort = place.SiloPort },
            $"Cannot start: port {place.SiloPort} on 127.0.0.1 is taken", "--Grid:SiloPort=PORT");
        await IsRefusedAsync(
            new SiloPlace(_directory, name: "data") { Data = place.Data },
            $"Cannot start with --data {place.Data}: ");
        await IsRefusedAsync(
            new SiloPlace(_directory, name: "listen") { ConfFile = place.ConfFile },
            "Cannot listen: ", place.Listen);
        await IsRefusedAsync(
            new SiloPlace(_directory, name: "admin") { AdminPort = place.AdminPort },
            "Cannot listen: ", place.Admin);

        // The first one has not noticed.
        var books = new LoadBooks(_directory.Sub("ledger"));
        await books.RunAsync(place.Listen, count: 20, size: 1_024);
        Assert.Equal(20, (await silo.StatusAsync()).Spool.MessagesWaiting);
        Assert.Equal(0, await silo.TerminateAsync());
    }

    [Fact]
    public async Task APortThatAKilledSiloLeavesWithConnections_IsFreeForTheNext()
    {
        var place = new SiloPlace(_directory);
        var silo = await SiloProcess.StartAsync(place);
        using var prober = await RawClient.ConnectAsync(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, place.SiloPort));
        using var client = await RawClient.ConnectAsync(place.EndPoint);
        await client.SendAsync(RawClient.Package("Subject: x\n\nx"));
        Assert.StartsWith("K", await client.ReadReplyAsync());
        silo.Dispose();
        Assert.Empty(await client.ReadToEndAsync());

        // The ends of the dead silo's connections linger on its ports.
        silo = await SiloProcess.StartAsync(place);
        Assert.Equal(1, (await silo.StatusAsync()).Spool.MessagesWaiting);
        silo.Dispose();
    }

    [Fact]
    public async Task UnknownArgumentsAndSettings_AreAllNamed()
    {
        await SaysAsync(["--daat", "x"], "--daat: unknown argument; --help lists what there is.", "x: unknown argument; --help lists what there is.");
        await SaysAsync(["--conf"], "--conf: needs a value.");
        await SaysAsync(
            ["--Grid:Sport=1", "--Grid:Limits:MaxRecipients=0", "--Grid:Relay:RetryMin=soon", "--Grid:SiloPort=70000", "--admin", "http://192.0.2.1:80"],
            "Grid:Sport: unknown setting. Grid has: Admin, AdminCertificate, AdminCertificateKey, AdminDashboard, AdminKeys, Admission, AllowPlainAdmin, ClusterId, Clustering, Conf, Data, Entra, Facts, Fallback, GatewayPort, Health, Limits, Policy, ReceptionLog, Relay, ServiceId, SiloPort, Spool, Storage, Strict, Tracing, Transport.",
            "Grid:Relay:RetryMin = soon: must be a number of seconds or HH:MM:SS.",
            "Grid:Limits:MaxRecipients = 0: must be between 1 and 1000000.",
            "Grid:SiloPort = 70000: must be between 1 and 65535.",
            "Grid:Admin = http://192.0.2.1:80: is not a loopback address: set Grid:AdminKeys to a file of keys, or Grid:Entra:Tenant and Grid:Entra:Audience, so that not everybody is its administrator.",
            "Grid:Admin = http://192.0.2.1:80: tokens would come in the clear: use https with Grid:AdminCertificate and Grid:AdminCertificateKey, or set Grid:AllowPlainAdmin=true if something in front terminates TLS.");
    }

    [Fact]
    public async Task EveryErrorOfTheConfiguration_IsNamedWithItsPlace()
    {
        var file = _directory.File("broken.conf", """
            Gateway = "mx.example.com"
            ECStream_Idel_Time = 300
            ECStream_Listener {
              ECStream_Max_Batch_Size = "many"
              Listen "127.0.0.1:1825" { }
            }
            """);
        await SaysAsync(
            ["--conf", file],
            $"{file}:1:1: error: Gateway without Delivery_Method would mean ESMTP, which is not supported by this version; write Delivery_Method = \"ECSTREAM\"",
            $"{file}:2:1: error: 'ECStream_Idel_Time' is not a valid option name in the Global scope; did you mean 'ECStream_Idle_Time'?",
            $"{file}:4:29: error: ECStream_Max_Batch_Size: expected an integer, found 'many'");

        // Settings and file are judged together: one start tells everything.
        var both = await RunAsync(["--conf", file, "--Grid:SiloPort=0"]);
        Assert.Equal(4, both.Errors.Split('\n').Length);
        var missing = await RunAsync(["--conf", _directory.Sub("missing.conf")]);
        Assert.Equal(2, missing.ExitCode);
        Assert.Contains(_directory.Sub("missing.conf"), Assert.Single(missing.Errors.Split('\n')));
    }

    [Theory]
    [InlineData("_mx.invalid")]
    [InlineData("unix")]
    public async Task AGatewayOfAnyNameThatTheConfigurationTakes_IsAHost(string host)
    {
        var place = new SiloPlace(_directory, $"""
            Delivery_Method = "ECSTREAM"
            Gateway = "{host}"
            """);
        using var silo = await SiloProcess.StartAsync(place);
        await LoadOneAsync(place);
        var status = await silo.ReachesAsync(s => s.Relay.LastError is not null, "the name is looked up, in vain");
        Assert.Equal((1, $"{host}:1825"), (status.Spool.MessagesWaiting, status.Relay.Gateway));
        Assert.DoesNotContain("No such file", status.Relay.LastError);
        Assert.DoesNotContain("Cannot assign", status.Relay.LastError);
        Assert.Equal(0, await silo.TerminateAsync());
    }

    [Fact]
    public async Task APartOfTheSiloThatFails_EndsItWithExitCodeOne()
    {
        var errors = new List<string>();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        var settings = GridSettings.Read(builder.Configuration, errors);
        Assert.Empty(errors);
        settings.Data = _directory.Sub("data");
        settings.Spool.Directory = _directory.Sub("data/spool");
        settings.Spool.SegmentBytes = 4 << 20;
        settings.SiloPort = ServicePort.Next();
        settings.GatewayPort = 0;
        settings.Admin = $"http://127.0.0.1:{ServicePort.Next()}";
        var configuration = ConfigurationLoader.Parse("""ECStream_Listener { Listen "127.0.0.1:0" { } }""", "test.conf");
        var loaded = new LoadedConfiguration(configuration.Configuration!, configuration.Document!, 1);
        await using var app = SiloHosting.Build(builder, settings, loaded, services => services.AddHostedService<FailingPart>());
        Assert.Equal(1, await Within.PatienceOf(NodeProgram.RunAsync(app), "the silo ends"));
    }

    [Fact]
    public async Task AStopInTheMidstOfTheStart_IsOrderly()
    {
        var place = new SiloPlace(_directory);
        using var silo = SiloProcess.Launch(place);

        // The first log line is the spool's: everything else is still to start.
        await silo.Process.LineAsync("20");
        Assert.Equal(0, await silo.TerminateAsync());
        Assert.Equal("", silo.Process.Errors);
    }

    private static async Task LoadOneAsync(SiloPlace place)
    {
        using var client = await RawClient.ConnectAsync(place.EndPoint);
        await client.SendAsync(RawClient.Package("Subject: x\n\nx"));
        Assert.StartsWith("K", await client.ReadReplyAsync());
    }

    private static async Task IsRefusedAsync(SiloPlace place, params string[] parts)
    {
        var result = await RunAsync(place.Arguments);
        Assert.True(result.ExitCode == 1, $"Exit {result.ExitCode}, {result.Errors}\n{result.Output}");
        var line = Assert.Single(result.Errors.Split('\n'));
        Assert.All(parts, part => Assert.Contains(part, line));
        Assert.DoesNotContain("   at ", result.Output);
    }

    private static async Task SaysAsync(string[] arguments, params string[] lines)
    {
        var result = await RunAsync(arguments);
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Equal(lines.Order(), result.Errors.Split('\n').Order());
    }

    private static Task<ToolResult> RunAsync(string[] arguments) => ToolProcess.RunAsync("dotnet", [Repository.SiloDll, .. arguments]);

    private sealed class FailingPart : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => throw new InvalidOperationException("As a bug would.");
    }
}
