using System.Diagnostics;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>The programs of the version before this one, as eng/previous.sh builds them: once a commit, kept for the next run.</summary>
internal static class PreviousVersion
{
    // Two programs and what they are made of, on two cores that others use, too.
    private static readonly TimeSpan BuildTime = TimeSpan.FromMinutes(10);

    private static readonly (int ExitCode, string Output, string Errors) Known = AskForVersion();

    /// <summary>Why there is none; null if there is. What else goes wrong is no reason to skip a test.</summary>
    public static string? Missing => Known.ExitCode == 3 ? Known.Errors : null;

    /// <summary>What its nodes have behind their version.</summary>
    public static string Suffix => Known.ExitCode == 0 ? Known.Output : throw new InvalidOperationException(Known.Errors);

    /// <summary>Its silo, built if need be.</summary>
    public static async Task<string> SiloAsync() => Path.Combine(await BuildAsync(), "silo", "EcStreamOrleans.Silo.dll");

    /// <summary>Its edge, likewise.</summary>
    public static async Task<string> EdgeAsync() => Path.Combine(await BuildAsync(), "edge", "EcStreamOrleans.Edge.dll");

    private static string Script => Path.Combine(Repository.Root, "eng", "previous.sh");

    private static async Task<string> BuildAsync()
    {
        using var build = ToolProcess.Start("bash", [Script]);
        var result = await build.ExitAsync(BuildTime);
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException($"The version before this one does not build: {build.Describe()}");
    }

    // Asked while the tests are looked for, where nothing can be awaited.
    private static (int ExitCode, string Output, string Errors) AskForVersion()
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [Script, "--version"]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var output = process.StandardOutput.ReadToEnd().Trim();
        var errors = process.StandardError.ReadToEnd().Trim();
        process.WaitForExit();
        return (process.ExitCode, output, errors);
    }
}

/// <summary>A test with the version before this one, over cases; skipped with a reason where there is no history to build it from.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PreviousVersionTheoryAttribute : TheoryAttribute
{
    public PreviousVersionTheoryAttribute() => Skip = PreviousVersion.Missing;
}

/// <summary>One that needs Azurite, too.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PreviousVersionAzuriteTheoryAttribute : TheoryAttribute
{
    public PreviousVersionAzuriteTheoryAttribute() => Skip = PreviousVersion.Missing ?? Azurite.Missing;
}
