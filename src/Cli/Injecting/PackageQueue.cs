using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Cli.Injecting;

/// <summary>
/// The packages of a run, shared by its connections: each file as often as asked, file after file, so that only the one
/// at hand is in memory.
/// </summary>
internal sealed class PackageQueue
{
    private readonly Lock _lock = new();
    private readonly InjectOptions _options;
    private readonly ReadOnlyMemory<byte>[] _recipients;
    private readonly byte[] _sender;
    private readonly Stream _standardInput;
    private readonly Queue<int> _returned = new();
    private byte[]? _standardInputContent;
    private byte[]? _package;
    private int _packageFile = -1;
    private int _file;
    private int _sentOfFile;

    public PackageQueue(InjectOptions options, Stream standardInput)
    {
        _options = options;
        _sender = Encoding.UTF8.GetBytes(options.Sender);
        _recipients = [.. options.Recipients.Select(recipient => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(recipient))];
        _standardInput = standardInput;
    }

    /// <summary>Packages that were sent once and handed back, and that nobody has taken since.</summary>
    public int Returned
    {
        get
        {
            lock (_lock)
            {
                return _returned.Count;
            }
        }
    }

    /// <summary>Files that could not be read, with the reason.</summary>
    public List<(string File, string Reason)> Unreadable { get; } = [];

    /// <summary>Takes the next package.</summary>
    /// <param name="file">The number of its file.</param>
    /// <param name="package">The package; good for as long as anyone holds it.</param>
    public bool TryTake(out int file, [NotNullWhen(true)] out byte[]? package)
    {
        lock (_lock)
        {
            while (TryNext(out file))
            {
                if ((package = PackageOf(file)) is not null)
                {
                    return true;
                }
            }

            package = null;
            return false;
        }
    }

    /// <summary>Hands back packages that a server let fall, to be sent once more.</summary>
    public void Return(IEnumerable<int> files)
    {
        lock (_lock)
        {
            foreach (var file in files)
            {
                _returned.Enqueue(file);
            }
        }
    }

    private bool TryNext(out int file)
    {
        if (_returned.TryDequeue(out file))
        {
            return true;
        }

        if (_sentOfFile == _options.Repeat)
        {
            _file++;
            _sentOfFile = 0;
        }

        file = _file;
        _sentOfFile++;
        return _file < _options.Files.Count;
    }

    private byte[]? PackageOf(int file)
    {
        if (_packageFile == file)
        {
            return _package;
        }

        var name = _options.Files[file];
        try
        {
            var content = name == "-" ? ReadStandardInput() : File.ReadAllBytes(name);
            var output = new ArrayBufferWriter<byte>(content.Length + 256);
            EcStreamCodec.Instance.WritePackage(output, content, _sender, _recipients);
            _package = output.WrittenSpan.ToArray();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It was there when the run started. The others are sent all the same.
            Unreadable.Add((name, failure.Message));
            _package = null;
        }

        _packageFile = file;
        return _package;
    }

    private byte[] ReadStandardInput()
    {
        if (_standardInputContent is null)
        {
            using var content = new MemoryStream();
            _standardInput.CopyTo(content);
            _standardInputContent = content.ToArray();
        }

        return _standardInputContent;
    }
}
