using System.Text;
using System.Text.Json;

namespace EcStreamOrleans.Cli.Tests;

/// <summary>One call of ecgrid inside the test's process.</summary>
internal sealed class CliRun
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly LineWriter _out = new();
    private readonly LineWriter _error = new();
    private readonly MemoryStream _binary = new();
    private readonly CancellationTokenSource _interrupt = new();
    private Task<int> _exit = Task.FromResult(-1);

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public byte[] Binary => _binary.ToArray();


    public Task<int> Exit => _exit.WaitAsync(Patience);

    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    /// <summary>The first line of the output, as soon as it is there.</summary>
    public async Task<string> FirstLineAsync()
    {
        await Task.WhenAny(_out.FirstLine, _exit).WaitAsync(Patience);
        return _out.FirstLine.IsCompleted ? await _out.FirstLine : throw new InvalidOperationException($"It ended with {await _exit}: {Error}");
    }

    public static CliRun Start(params string[] args) => Start(args, [], TimeProvider.System, new HttpClientHandler());

    public static CliRun Start(string[] args, byte[] standardInput, TimeProvider timeProvider, HttpMessageHandler http, string? token = null, Func<CliHost, CliHost>? change = null)
    {
        var run = new CliRun();
        var host = new CliHost(run._out, run._error, new MemoryStream(standardInput), run._binary, false, timeProvider, new Random(7), http) { Token = token };
        host = change?.Invoke(host) ?? host;
        run._exit = Task.Run(() => EcGrid.RunAsync(args, host, run._interrupt.Token));
        return run;
    }

    public static async Task<CliRun> CompleteAsync(params string[] args)
    {
        var run = Start(args);
        await run.Exit;
        return run;
    }

    /// <summary>Starts a sink and waits until it listens.</summary>
    public static async Task<(CliRun Sink, string Address)> StartSinkAsync(params string[] args)
    {
        var sink = Start(["sink", "--listen", "127.0.0.1:0", .. args]);
        var line = await sink.FirstLineAsync();
        Assert.StartsWith("listening on ", line);
        return (sink, line["listening on ".Length..]);
    }

    public void Interrupt() => _interrupt.Cancel();

    public async Task<int> InterruptAsync()
    {
        await _interrupt.CancelAsync();
        return await Exit;
    }

    private sealed class LineWriter : TextWriter
    {
        private readonly StringBuilder _text = new();
        private readonly TaskCompletionSource<string> _firstLine = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override Encoding Encoding => Encoding.UTF8;

        public Task<string> FirstLine => _firstLine.Task;

        public override void Write(char value)
        {
            lock (_text)
            {
                if (value == '\n')
                {
                    _firstLine.TrySetResult(_text.ToString());
                }

                _text.Append(value);
            }
        }

        public override string ToString()
        {
            lock (_text)
            {
                return _text.ToString();
            }
        }
    }
}
