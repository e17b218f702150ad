using System.Diagnostics;

namespace EcStreamOrleans.Deploy.Tests;

/// <summary>The pinned compiler, over a copy of deploy/: it may write.</summary>
internal sealed class Bicep : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("bicep-");

    public Bicep()
    {
        foreach (var file in Tree.Files("deploy/bicep", "*").Concat(Tree.Files("deploy/prometheus", "*")))
        {
            var copy = PathOf(Path.GetRelativePath("deploy", file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Tree.PathOf(file), copy);
        }
    }

    public string PathOf(string path) => Path.Combine(_work.FullName, path);

    /// <summary>Runs it and gives what it printed; with an exit code other than 0, or with a word of a warning, the error has all of it.</summary>
    public async Task<(string Output, string Errors, int ExitCode)> RunAsync(params string[] arguments)
    {
        var tool = Path.Combine(Tree.Metadata("PackageRoot"), "azure.bicep.commandline.linux-x64", Tree.Metadata("BicepVersion"), "tools", "bicep");
        Assert.True(File.Exists(tool), $"{tool} is not there: run 'dotnet restore'");
        File.SetUnixFileMode(tool, File.GetUnixFileMode(tool) | UnixFileMode.UserExecute);
        var start = new ProcessStartInfo(tool, arguments) { WorkingDirectory = _work.FullName, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (await output, await errors, process.ExitCode);
        }
        catch (OperationCanceledException late) when (limit.IsCancellationRequested)
        {
            process.Kill();
            throw new TimeoutException($"bicep {string.Join(' ', arguments)} did not end within {Patience}", late);
        }
    }

    public void Dispose() => _work.Delete(recursive: true);
}
