using EcStreamOrleans.Grains;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Spooling;

/// <summary>
/// The spool's life in the silo: opened, and recovered, before grains and listeners; closed behind them. The grains' port to it.
/// </summary>
internal sealed partial class SpoolHost(SpoolOptions options, BatchTracing tracing, TimeProvider clock, ILogger<MailSpool> spoolLogger, ILogger<SpoolHost> logger) : IHostedService, IBatchSpool, IAsyncDisposable
{
    private MailSpool? _spool;

    public MailSpool Spool => _spool ?? throw new InvalidOperationException("The spool is not open.");

    public bool IsOpen => _spool is not null;

    /// <summary>The disk of the spool, and of copies of others.</summary>
    public ISpoolFiles Files { get; private set; } = new SpoolFiles();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Recovery reads the disk: not on the thread that starts the host.
        _spool = await Task.Run(() => MailSpool.Open(options, Files = OpenFiles(), clock, spoolLogger), cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await DisposeAsync();
        LogClosed(logger, Spool.Id, Spool.GetStatus().MessagesWaiting);
    }

    public async ValueTask DisposeAsync()
    {
        if (_spool is { } spool)
        {
            await spool.DisposeAsync();
        }
    }

    public async ValueTask<SpoolAnswer> AppendAsync(PeerId peer, MailBatch batch, CancellationToken cancellationToken)
    {
        using var span = tracing.Start("ecstream.spool.append", batch.Id);
        var spool = Spool;
        var result = await spool.AppendAsync(
            new SpoolBatch { Id = batch.Id, Peer = peer.Key, Listener = batch.Listen, Packages = batch.Packages, Ends = batch.Ends, Checksum = batch.Checksum },
            cancellationToken);
        return Answer(spool, result);
    }

    /// <summary>What the caller is told of an append.</summary>
    public static SpoolAnswer Answer(MailSpool spool, in AppendResult result) =>
        result.Status switch
        {
            AppendStatus.Durable or AppendStatus.Duplicate => new SpoolAnswer(IsDurable: true, spool.Id, result.RecordNumber, Text: null),
            AppendStatus.Full => new SpoolAnswer(IsDurable: false, spool.Id, -1, $"4.3.1 spool full: {result.Reason}"),
            AppendStatus.Failed => new SpoolAnswer(IsDurable: false, spool.Id, -1, $"4.3.1 spool failing: {result.Reason}"),
            _ => new SpoolAnswer(IsDurable: false, spool.Id, -1, "4.3.2 the silo is stopping"),
        };

    private SpoolFiles OpenFiles()
    {
        Directory.CreateDirectory(options.Directory);
        string? reason = "Grid:Spool:BypassPageCache is false";
        var bypasses = options.BypassPageCache && SpoolFiles.CanBypassPageCache(options.Directory, out reason);
        LogWrites(logger, bypasses ? "past the page cache" : $"through the page cache: {reason}");
        return new SpoolFiles(bypasses);
    }

    [LoggerMessage(321, LogLevel.Information, "Spool segments are written {How}")]
    private static partial void LogWrites(ILogger logger, string how);

    [LoggerMessage(320, LogLevel.Information, "Spool {Spool} closed with {Messages} messages waiting")]
    private static partial void LogClosed(ILogger logger, string spool, long messages);
}
