namespace EcStreamOrleans.Cli.Loading;

/// <summary>
/// The file of accepted messages: one line each, id and hash of the body with a space between. Appended to, so that several
/// runs may share it; the ids name the run.
/// </summary>
internal sealed class LoadLedger(string path) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly FileStream _file = new(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);

    /// <summary>Writes whole lines, of one connection at a time.</summary>
    public void Append(ReadOnlySpan<byte> lines)
    {
        lock (_lock)
        {
            _file.Write(lines);
        }
    }

    public void Dispose() => _file.Dispose();
}
