using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Threading.Channels;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Edge.Receptions;

/// <summary>
/// The reception log in the format of Momentum's mainlog, <c>R</c> lines: one line a recipient, fourteen fields divided by
/// <c>@</c>: instant, message id, batch id, connection id, R, recipient's local part and domain, sender's local part and domain,
/// peer, size, protocol, binding group, binding; and a fifteenth, the subject of the client's certificate, where one verifies. Switched on by <c>Grid:ReceptionLog:Path</c>.
/// </summary>
/// <remarks>
/// A log, not a record of what is durable: lines still in memory are lost with the process. A slow disk makes writers wait
/// rather than lose lines.
/// </remarks>
internal sealed class ReceptionLog(ReceptionLogOptions options, IStreamCodec codec, TimeProvider clock, ILogger<ReceptionLog> logger)
    : BackgroundService, IReceptionLog
{
    private readonly Channel<ArrayBufferWriter<byte>> _lines = Channel.CreateBounded<ArrayBufferWriter<byte>>(
        new BoundedChannelOptions(256) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    public ValueTask WriteAsync(PeerId peer, MailBatch batch, string spoolId, long recordNumber, string? subject)
    {
        var lines = new ArrayBufferWriter<byte>(batch.Count * 128);
        var head = Encoding.ASCII.GetBytes(clock.GetUtcNow().ToUnixTimeSeconds().ToString());
        var batchId = Encoding.ASCII.GetBytes($"{spoolId}-{recordNumber:x}");
        var connection = Encoding.ASCII.GetBytes(batch.Id.Session.ToString("n"));
        var address = Encoding.ASCII.GetBytes(peer.Key);
        for (var i = 0; i < batch.Count; i++)
        {
            codec.ReadEnvelope(batch.GetPackage(i).Span, FramingLimits.Unlimited, out var envelope);
            foreach (var recipient in envelope.Recipients)
            {
                Field(lines, head);
                lines.Write(batchId);
                lines.Write("-"u8);
                Number(lines, i);
                lines.Write("@"u8);
                Field(lines, batchId);
                Field(lines, connection);
                lines.Write("R@"u8);
                Address(lines, recipient);
                Address(lines, envelope.Sender);
                Field(lines, address);
                Number(lines, envelope.Message.Length);
                lines.Write("@ecstream@default@default"u8);
                if (subject is not null)
                {
                    lines.Write("@"u8);
                    Escaped(lines, Encoding.UTF8.GetBytes(subject));
                }

                lines.Write("\n"u8);
            }
        }

        return _lines.Writer.TryWrite(lines) ? default : WaitAsync(lines);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _lines.Writer.TryComplete();
        if (ExecuteTask is { } writing)
        {
            await writing.WaitAsync(cancellationToken);
        }

        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Ends when the log is completed, not with the token: what was received before the stop is written.
        await foreach (var first in _lines.Reader.ReadAllAsync(CancellationToken.None))
        {
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(options.Path!))!);
                await using var file = new FileStream(options.Path!, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
                await file.WriteAsync(first.WrittenMemory, CancellationToken.None);
                while (_lines.Reader.TryRead(out var next))
                {
                    await file.WriteAsync(next.WrittenMemory, CancellationToken.None);
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                logger.LogError(error, "The reception log {Path} could not be written; lines are lost", options.Path);
            }
        }
    }

    private async ValueTask WaitAsync(ArrayBufferWriter<byte> lines)
    {
        try
        {
            await _lines.Writer.WriteAsync(lines);
        }
        catch (ChannelClosedException)
        {
            logger.LogWarning("The reception log is closed; the lines of a last batch are lost");
        }
    }

    private static void Field(ArrayBufferWriter<byte> lines, ReadOnlySpan<byte> value)
    {
        lines.Write(value);
        lines.Write("@"u8);
    }

    private static void Number(ArrayBufferWriter<byte> lines, long value)
    {
        Utf8Formatter.TryFormat(value, lines.GetSpan(20), out var digits);
        lines.Advance(digits);
    }

    /// <summary>Local part and domain. The separator inside a local part is escaped with a backslash, as in Momentum's logs.</summary>
    private static void Address(ArrayBufferWriter<byte> lines, ReadOnlySpan<byte> address)
    {
        var at = address.LastIndexOf((byte)'@');
        var local = at < 0 ? address : address[..at];
        Escaped(lines, local);
        lines.Write("@"u8);
        Field(lines, at < 0 ? [] : address[(at + 1)..]);
    }

    private static void Escaped(ArrayBufferWriter<byte> lines, ReadOnlySpan<byte> text)
    {
        foreach (var octet in text)
        {
            if (octet is (byte)'@' or (byte)'\\')
            {
                lines.Write("\\"u8);
            }

            lines.Write([octet]);
        }
    }
}

/// <summary><c>Grid:ReceptionLog</c>.</summary>
public sealed class ReceptionLogOptions
{
    /// <summary>The file; null or empty switches the log off. Default: off, since it writes a line a recipient.</summary>
    public string? Path { get; set; }
}
