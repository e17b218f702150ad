using System.Diagnostics;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>A program that a test starts: its input, its output as it comes, its end.</summary>
internal sealed class ToolProcess : IDisposable
{
    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];
    private bool _isDisposed;

    private ToolProcess(ProcessStartInfo start)
    {
        Name = $"{Path.GetFileName(start.FileName)} {string.Join(' ', start.ArgumentList)}";
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Take(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Name { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Standard output so far.</summary>
    public string Output => Read(_output);

    /// <summary>Standard error so far.</summary>
    public string Errors => Read(_errors);

    public static ToolProcess Start(string file, string[] arguments, byte[]? input = null)
    {
        var tool = StartOpen(file, arguments);
        try
        {
            tool._process.StandardInput.BaseStream.Write(input ?? []);
            tool._process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading its input: its exit code says what it thought of it.
        }

        return tool;
    }

    /// <summary>Starts a program whose input is written line by line, until it is closed.</summary>
    public static ToolProcess StartOpen(string file, params string[] arguments)
    {
        return new ToolProcess(new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        });
    }

    /// <summary>Writes a line to its input.</summary>
    public async Task SendLineAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Says that its input has ended.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    public static ToolProcess EcGrid(params string[] arguments) => Start("dotnet", [Repository.EcGridDll, .. arguments]);

    /// <summary>Runs ecgrid to its end.</summary>
    public static async Task<ToolResult> RunEcGridAsync(params string[] arguments)
    {
        using var tool = EcGrid(arguments);
        return await tool.ExitAsync();
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<ToolResult> RunAsync(string file, string[] arguments, byte[]? input = null)
    {
        using var tool = Start(file, arguments, input);
        return await tool.ExitAsync();
    }

    /// <summary>Waits for the end, and for all output.</summary>
    public async Task<ToolResult> ExitAsync(TimeSpan? patience = null)
    {
        using var time = new CancellationTokenSource(patience ?? Within.Patience);
        try
        {
            await _process.WaitForExitAsync(time.Token);
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"Within {(patience ?? Within.Patience).TotalSeconds} s this did not end: {Describe()}", late);
        }

        return new ToolResult(_process.ExitCode, Output, Errors);
    }

    /// <summary>Waits for a line of standard output that begins so.</summary>
    public async Task<string> LineAsync(string beginning)
    {
        string? found = null;
        await Within.Becomes(
            () =>
            {
                var hasExited = HasExited;
                lock (_lock)
                {
                    found = _output.Find(line => line.StartsWith(beginning, StringComparison.Ordinal));
                }

                return found is not null || !hasExited ? found is not null : throw new InvalidOperationException($"It ended without the line '{beginning}': {Describe()}");
            },
            $"'{beginning}' from {Name}");
        return found!;
    }

    /// <summary>SIGTERM, as a service manager sends it.</summary>
    public Task TerminateAsync() => SignalAsync("TERM");

    /// <summary>SIGINT, as Ctrl+C sends it.</summary>
    public Task InterruptAsync() => SignalAsync("INT");

    /// <summary>SIGSTOP: it does nothing any more and holds its connections, as a machine that hangs.</summary>
    public Task FreezeAsync() => SignalAsync("STOP");

    /// <summary>SIGCONT: it goes on, and knows nothing of the time between.</summary>
    public Task ThawAsync() => SignalAsync("CONT");

    /// <summary>SIGKILL, and the end of it.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public string Describe() => $"{Name}{(HasExited ? $", exit {_process.ExitCode}" : ", running")}\n{Output}\n{Errors}";

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{Id}"]);
        await kill.WaitForExitAsync();
    }

    private void Take(List<string> lines, string? line)
    {
        if (line is not null)
        {
            lock (_lock)
            {
                lines.Add(line);
            }
        }
    }

    private string Read(List<string> lines)
    {
        lock (_lock)
        {
            return string.Join('\n', lines);
        }
    }
}

/// <summary>How a program ended.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Errors);
