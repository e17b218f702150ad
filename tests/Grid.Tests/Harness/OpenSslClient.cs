using System.Diagnostics;
using System.Net;
using System.Text;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary><c>openssl s_client</c>, with its input kept open: it ends when told or when the server closes.</summary>
internal sealed class OpenSslClient : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Task _reading;

    private OpenSslClient(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static OpenSslClient Connect(EndPoint server, params string[] options) => new(Process.Start(
        new ProcessStartInfo(InteropTools.OpenSsl!, ["s_client", "-connect", server.ToString()!, .. options])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!);

    public async Task SendAsync(byte[] octets)
    {
        await _process.StandardInput.BaseStream.WriteAsync(octets);
        await _process.StandardInput.BaseStream.FlushAsync();
    }

    public Task SaysAsync(string part) => Within.Becomes(
        () => Output.Contains(part, StringComparison.Ordinal) || (_process.HasExited && _reading.IsCompleted && !Output.Contains(part, StringComparison.Ordinal) ? throw new InvalidOperationException($"It ended without '{part}': {Output}") : false),
        $"s_client says '{part}'");

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code and everything it said.</returns>
    public async Task<(int ExitCode, string Output)> EndAsync()
    {
        _process.StandardInput.Close();
        await Within.PatienceOf(_process.WaitForExitAsync(), "s_client ends");
        await Within.PatienceOf(_reading, "all output of s_client is read");
        return (_process.ExitCode, Output);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private async Task ReadAsync(StreamReader reader)
    {
        var buffer = new char[4_096];
        while (await reader.ReadAsync(buffer) is var read and > 0)
        {
            lock (_output)
            {
                _output.Append(buffer, 0, read);
            }
        }
    }
}
