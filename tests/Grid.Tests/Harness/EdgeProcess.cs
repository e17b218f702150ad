using System.Net;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>A separate edge as operators run it: a process of its own, a client of the grid.</summary>
internal sealed class EdgeProcess : IDisposable
{
    private readonly HttpClient _health;

    private EdgeProcess(string program, TempDirectory directory, string name, ClusterPlace? cluster, ProcessFaults? faults, string listens, string[] more)
    {
        var conf = directory.File($"{name}.conf", $$"""ECStream_Listener { Listen "127.0.0.1:{{ListenPort}}" { } {{listens}} }""");
        Process = ToolProcess.Start(
            "env", [.. ClusterPlace.EnvironmentOf(cluster), .. faults?.Environment ?? [], "dotnet", program, "--conf", conf, "--health", HealthUrl, .. cluster?.Arguments ?? [], .. more]);
        _health = new HttpClient { BaseAddress = new Uri(HealthUrl), Timeout = Within.Patience };
    }

    public int ListenPort { get; } = ServicePort.Next();

    public int HealthPort { get; } = ServicePort.Next();

    public string HealthUrl => $"http://127.0.0.1:{HealthPort}";

    public string Listen => $"127.0.0.1:{ListenPort}";

    public IPEndPoint EndPoint => new(IPAddress.Loopback, ListenPort);

    public ToolProcess Process { get; }

    public static EdgeProcess Start(TempDirectory directory, string name, ClusterPlace? cluster = null, params string[] more) => Start(Repository.EdgeDll, directory, name, cluster, more);

    /// <summary>Starts one of another version.</summary>
    public static EdgeProcess Start(string program, TempDirectory directory, string name, ClusterPlace? cluster, params string[] more) => new(program, directory, name, cluster, null, "", more);

    /// <summary>Starts one with further Listens, as its configuration has them.</summary>
    public static EdgeProcess StartWith(TempDirectory directory, string name, ClusterPlace cluster, string listens, params string[] more) =>
        new(Repository.EdgeDll, directory, name, cluster, null, listens, more);

    /// <summary>Starts one that a test can do something to.</summary>
    public static EdgeProcess StartUnder(ProcessFaults? faults, TempDirectory directory, string name, ClusterPlace cluster) => new(Repository.EdgeDll, directory, name, cluster, faults, "", []);

    public Task BecomesReadyAsync(string why = "the edge is ready") => Within.Becomes(async () => await ReadinessAsync() == "ready", why);

    /// <summary>What the edge says of its readiness: <c>ready</c>, perhaps with warnings, or the obstacles; empty if it does not answer.</summary>
    public async Task<string> ReadinessAsync()
    {
        if (Process.HasExited)
        {
            throw new InvalidOperationException($"The edge ended: {Process.Describe()}");
        }

        try
        {
            using var response = await _health.GetAsync("/healthz/ready");
            var text = (await response.Content.ReadAsStringAsync()).Trim();
            Assert.Equal(text.Split('\n')[0] == "ready" ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable, response.StatusCode);
            return text;
        }
        catch (HttpRequestException)
        {
            return "";
        }
    }

    /// <summary>What the health listener says to a request.</summary>
    public async Task<HttpStatusCode> GetAsync(string path)
    {
        using var response = await _health.GetAsync(path);
        return response.StatusCode;
    }

    public Task<string> MetricsAsync() => _health.GetStringAsync("/metrics");

    /// <summary>SIGTERM; the exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        await Process.TerminateAsync();
        return (await Process.ExitAsync()).ExitCode;
    }

    public void Dispose()
    {
        Process.Dispose();
        _health.Dispose();
    }
}
