using System.Diagnostics;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>
/// What a test can do to one process of the product without the product knowing: put its wall clock forward or back, and have what it connects to on some ports go over a
/// <see cref="Wire"/>. A small library, compiled here, is loaded before the system's.
/// </summary>
internal sealed class ProcessFaults
{
    private static readonly Lazy<string> Library = new(Compile);

    private readonly string _shiftFile;
    private readonly string _ports;

    /// <param name="directory">Where the file with the clock's shift is.</param>
    /// <param name="ports">Ports that the process connects to, and the wires that lead there.</param>
    public ProcessFaults(TempDirectory directory, params (int Port, Wire Wire)[] ports)
    {
        _shiftFile = directory.Sub($"{Guid.NewGuid():N}.shift");
        _ports = string.Concat(ports.Select(p => $"{p.Port}>{p.Wire.Port},"));
        File.WriteAllBytes(_shiftFile, new byte[sizeof(long)]);
    }

    /// <summary>Why no process can be treated so here; null if one can.</summary>
    public static string? Missing { get; } = !OperatingSystem.IsLinux() ? "faults of processes are for Linux"
        : !File.Exists("/usr/bin/cc") ? "a C compiler (/usr/bin/cc) is missing, which makes faults of processes" : null;

    /// <summary>What the process is started with.</summary>
    public string[] Environment => [$"LD_PRELOAD={Library.Value}", $"TEST_FAULTS_SHIFT={_shiftFile}", $"TEST_FAULTS_PORTS={_ports}"];

    /// <summary>By how much the process's wall clock is ahead of the machine's, from now on.</summary>
    public void ShiftClock(TimeSpan by)
    {
        // In place: the process has the file mapped.
        using var file = new FileStream(_shiftFile, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.Write(BitConverter.GetBytes((long)by.TotalSeconds));
    }

    private static string Compile()
    {
        var library = Path.Combine(Directory.CreateTempSubdirectory("ecstream-faults-").FullName, "faults.so");
        var source = Path.Combine(Repository.Root, "tests", "Grid.Tests", "Harness", "faults.c");
        using var compiler = Process.Start(new ProcessStartInfo("/usr/bin/cc", ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", library, source, "-ldl"]) { RedirectStandardError = true, UseShellExecute = false })!;
        var errors = compiler.StandardError.ReadToEnd();
        compiler.WaitForExit();
        return compiler.ExitCode == 0 ? library : throw new InvalidOperationException($"{source} does not compile:\n{errors}");
    }
}

/// <summary>A test with Azurite and processes under faults; skipped with a reason where either is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FaultsFactAttribute : FactAttribute
{
    public FaultsFactAttribute() => Skip = Azurite.Missing ?? ProcessFaults.Missing;
}

/// <summary>A test with Azurite and processes under faults; skipped with a reason where either is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FaultsTheoryAttribute : TheoryAttribute
{
    public FaultsTheoryAttribute() => Skip = Azurite.Missing ?? ProcessFaults.Missing;
}
