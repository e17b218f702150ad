using System.Diagnostics;
using System.Text.Json;

namespace EcStreamOrleans.Cli.Tests;

/// <summary>Tests that start processes run one after the other, and alone.</summary>
[CollectionDefinition("processes", DisableParallelization = true)]
public sealed class ProcessTestGroup;

[Collection("processes")]
public sealed class ProcessTests : IDisposable
{
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task BuiltCommand_InjectsIntoBuiltSink()
    {
        using var sink = Start("sink", "--listen", "127.0.0.1:0");
        var address = (await sink.StandardOutput.ReadLineAsync().WaitAsync(CliRun.Patience))!["listening on ".Length..];
        using var inject = Start("inject", "--to", address, "--from", "a", "--rcpt", "b", "--repeat", "100", "--json", "-");
        await inject.StandardInput.WriteAsync("Subject: x\n\nx\n");
        inject.StandardInput.Close();
        var json = await inject.StandardOutput.ReadToEndAsync().WaitAsync(CliRun.Patience);
        Assert.Equal("", await inject.StandardError.ReadToEndAsync());
        Assert.Equal(ExitCode.Success, await ExitAsync(inject));
        Assert.Equal(100, JsonDocument.Parse(json).RootElement.GetProperty("accepted").GetInt32());

        // Handled as Ctrl-C is; but SIGINT itself is ignored by whatever a script started in the background.
        using var kill = Process.Start("kill", ["-TERM", $"{sink.Id}"]);
        var rest = await sink.StandardOutput.ReadToEndAsync().WaitAsync(CliRun.Patience);
        Assert.Equal(ExitCode.Success, await ExitAsync(sink));
        Assert.StartsWith("accepted 100, deferred 0, rejected 0 messages", rest);
    }

    [Theory]
    [InlineData("--help", "Commands:")]
    [InlineData("load --help", "Examples:")]
    [InlineData("--version", "0.")]
    public async Task BuiltCommand_Help_ExitsZero(string args, string expected)
    {
        using var process = Start(args.Split(' '));
        Assert.Contains(expected, await process.StandardOutput.ReadToEndAsync().WaitAsync(CliRun.Patience));
        Assert.Equal(ExitCode.Success, await ExitAsync(process));
    }

    [QmqpSinkFact]
    public async Task PostfixQmqpSink_TakesEveryMessage()
    {
        var socket = _temp.In("qmqp");
        using var server = Process.Start(new ProcessStartInfo(QmqpSinkFactAttribute.Program!, ["-c", $"unix:{socket}", "10"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        try
        {
            // It does not say when it listens, and it listens before long or never: each attempt costs a failed connect.
            CliRun run;
            var patience = Stopwatch.StartNew();
            do
            {
                run = await CliRun.CompleteAsync("inject", "--to", $"unix:{socket}", "--from", "a", "--rcpt", "b", "--repeat", "20", "--json", _temp.File("m", "Subject: x\n\nx\n"));
            }
            while (await run.Exit == ExitCode.CannotStart && patience.Elapsed < CliRun.Patience);

            Assert.True(await run.Exit == ExitCode.Success, run.Error + run.Out);
            Assert.Equal(20, run.Json.GetProperty("accepted").GetInt32());
        }
        finally
        {
            server.Kill();
        }
    }

    private static async Task<int> ExitAsync(Process process)
    {
        await process.WaitForExitAsync().WaitAsync(CliRun.Patience);
        return process.ExitCode;
    }

    private static Process Start(params string[] args) =>
        Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "ecgrid.dll"), .. args])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
}

/// <summary>A test against Postfix's qmqp-sink, where that is installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class QmqpSinkFactAttribute : FactAttribute
{
    public QmqpSinkFactAttribute()
    {
        if (Program is null)
        {
            Skip = "qmqp-sink (package postfix) is not on PATH";
        }
    }

    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Append("/usr/sbin")
        .Select(directory => Path.Combine(directory, "qmqp-sink"))
        .FirstOrDefault(File.Exists);
}
