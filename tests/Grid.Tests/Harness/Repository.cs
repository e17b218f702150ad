namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>Where the built programs are.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string SiloDll { get; } = Built("Silo", "EcStreamOrleans.Silo.dll");

    public static string EdgeDll { get; } = Built("Edge", "EcStreamOrleans.Edge.dll");

    public static string EcGridDll { get; } = Built("Cli", "ecgrid.dll");

    public static string BaselinesDll { get; } = Built("Baselines", "EcStreamOrleans.Baselines.dll", "bench");

    // The programs are tested in the configuration that the tests were built in.
    private static string Built(string project, string file, string folder = "src")
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var path = Path.Combine(Root, folder, project, "bin", configuration, "net10.0", file);
        return File.Exists(path) ? path : throw new FileNotFoundException($"Build the solution first: {path} is missing.");
    }

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "EcStreamOrleans.sln")))
            {
                return directory.FullName;
            }
        }

        throw new DirectoryNotFoundException("The tests run outside the repository.");
    }
}
