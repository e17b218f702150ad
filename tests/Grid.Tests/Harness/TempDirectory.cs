namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>A directory that goes with the test.</summary>
internal sealed class TempDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ecstream-test-").FullName;

    public string File(string name, string content)
    {
        var file = Sub(name);
        System.IO.File.WriteAllText(file, content);
        return file;
    }

    public string Sub(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A process that is just dying may still hold a file; the system's own cleaning takes the rest.
        }
    }
}
