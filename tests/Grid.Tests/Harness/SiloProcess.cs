using System.Net;
using System.Net.Http.Json;
using EcStreamOrleans.AdminApi;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>What outlives a silo's process: its ports, its data, its configuration.</summary>
internal sealed class SiloPlace
{
    /// <param name="directory">Where its files are.</param>
    /// <param name="options">Options of the configuration file beside the Listen, such as the gateway.</param>
    /// <param name="name">Tells two silos of a test apart.</param>
    public SiloPlace(TempDirectory directory, string options = "", string name = "silo")
    {
        Data = directory.Sub($"{name}-data");
        ConfFile = directory.File($"{name}.conf", $$"""
            {{options}}
            ECStream_Listener { Listen "127.0.0.1:{{ListenPort}}" { } }
            """);
    }

    public int ListenPort { get; } = ServicePort.Next();

    public int AdminPort { get; init; } = ServicePort.Next();

    public int SiloPort { get; init; } = ServicePort.Next();

    /// <summary>0 for no gateway: no edge of its own process comes.</summary>
    public int GatewayPort { get; init; }

    /// <summary>How it finds others: its arguments for that, and its environment.</summary>
    public ClusterPlace? Cluster { get; init; }

    /// <summary>What a test can do to its process; null for nothing.</summary>
    public ProcessFaults? Faults { get; set; }

    public string Data { get; init; }

    /// <summary>What is started there: the silo as it was built last, or of another version.</summary>
    public string Program { get; set; } = Repository.SiloDll;

    public string ConfFile { get; init; }

    public string Listen => $"127.0.0.1:{ListenPort}";

    public IPEndPoint EndPoint => new(IPAddress.Loopback, ListenPort);

    public string Admin => $"http://127.0.0.1:{AdminPort}";

    public string[] Arguments =>
    [
        "--conf", ConfFile, "--data", Data, "--admin", Admin, $"--Grid:SiloPort={SiloPort}", $"--Grid:GatewayPort={GatewayPort}",
        "--Grid:Spool:SegmentBytes=4194304", "--Grid:Relay:RetryMin=0.2", "--Grid:Relay:RetryMax=1",
        .. Cluster?.SiloArguments ?? [],
    ];

    public static string Maildir(string directory) => $"""
        Delivery_Method = "MAILDIR"
        Gateway = "{directory}"
        """;

    public static string EcStream(int port) => $"""
        Delivery_Method = "ECSTREAM"
        Gateway = "127.0.0.1:{port}"
        """;
}

/// <summary>The silo as operators run it: a process of its own.</summary>
internal sealed class SiloProcess : IDisposable
{
    private readonly HttpClient _admin;

    private SiloProcess(SiloPlace place, string[] more)
    {
        Process = ToolProcess.Start("env", [.. ClusterPlace.EnvironmentOf(place.Cluster), .. place.Faults?.Environment ?? [], "dotnet", place.Program, .. place.Arguments, .. more]);
        _admin = new HttpClient { BaseAddress = new Uri(place.Admin), Timeout = Within.Patience };
    }

    public ToolProcess Process { get; }

    /// <summary>Starts the process; it is not ready yet.</summary>
    public static SiloProcess Launch(SiloPlace place, params string[] more) => new(place, more);

    /// <summary>Starts the process and waits until it takes mail.</summary>
    public static async Task<SiloProcess> StartAsync(SiloPlace place, params string[] more)
    {
        var silo = new SiloProcess(place, more);
        try
        {
            await silo.BecomesReadyAsync();
            return silo;
        }
        catch
        {
            silo.Dispose();
            throw;
        }
    }

    public Task BecomesReadyAsync() => Within.Becomes(IsReadyAsync, "the silo is ready");

    public async Task<bool> IsReadyAsync()
    {
        if (Process.HasExited)
        {
            throw new InvalidOperationException($"The silo ended: {Process.Describe()}");
        }

        try
        {
            using var response = await _admin.GetAsync("/healthz/ready");
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public async Task<StatusReport> StatusAsync() =>
        (await _admin.GetFromJsonAsync("/api/v1/status", AdminJson.Default.StatusReport))!;

    /// <summary>Asks for the status as fast as it is answered, so that a test can act in the midst of things.</summary>
    public async Task<StatusReport> ReachesAsync(Func<StatusReport, bool> question, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var status = await StatusAsync();
            if (question(status))
            {
                return status;
            }

            if (TimeProvider.System.GetElapsedTime(start) > Within.Patience)
            {
                throw new TimeoutException($"Within {Within.Patience.TotalSeconds} s this did not come true: {what}. {status}\n{Process.Describe()}");
            }
        }
    }

    /// <summary>Waits until the relay has nothing left. It counts what it has delivered a moment after the spool knows it.</summary>
    public async Task<StatusReport> DrainsAsync()
    {
        StatusReport? status = null;
        try
        {
            await Within.Becomes(
                async () => (status = await StatusAsync()) is { Spool.MessagesWaiting: 0, Relay.State: not "delivering" },
                "no message waits in the spool",
                TimeSpan.FromSeconds(120));
        }
        catch (TimeoutException timeout)
        {
            throw new TimeoutException($"{timeout.Message}\n{status?.Spool}\n{status?.Relay}\n{Process.Describe()}", timeout);
        }

        return status!;
    }

    /// <summary>SIGTERM; the exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        await Process.TerminateAsync();
        return (await Process.ExitAsync()).ExitCode;
    }

    /// <summary>SIGKILL: nothing that the process still wanted to do happens.</summary>
    public void Kill() => Process.Kill();

    /// <summary>The memory that the process occupies.</summary>
    public long ResidentBytes() =>
        long.Parse(File.ReadLines($"/proc/{Process.Id}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))["VmRSS:".Length..^"kB".Length]) * 1024;

    public void Dispose()
    {
        Process.Dispose();
        _admin.Dispose();
    }
}
