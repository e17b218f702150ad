using System.Buffers;
using System.Net.Sockets;
using System.Threading.Channels;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Framing;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Baselines;

/// <summary>One connection: batches of what there is, several of them under way, replies in their order once they are durable.</summary>
internal sealed class SpoolConversation(MailSpool spool, Socket socket, string peer, string listen) : IDisposable
{
    // As an edge has them: Grid:Limits:BatchBytes, :BatchesUnderWay.
    private const int BatchBytes = 1 << 20;
    private const int BatchesUnderWay = 4;

    private readonly Guid _session = Guid.NewGuid();
    private readonly IPackageReader _packages = EcStreamCodec.Instance.CreatePackageReader(FramingLimits.Default);
    private readonly BatchBuilder _builder = new(EcStreamCodec.Instance, FramingLimits.Default);
    private readonly Channel<PendingAppend> _pending = Channel.CreateUnbounded<PendingAppend>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly SemaphoreSlim _room = new(BatchesUnderWay);
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BatchBytes);
    private long _sequence;
    private bool _isBroken;

    /// <summary>Serves the connection to its end; then everything that was read is durable and answered, or the client has left.</summary>
    public async Task RunAsync()
    {
        var replies = ReplyAsync();
        try
        {
            // First the room: what comes while there is none makes the next batch bigger.
            await _room.WaitAsync();
            while (!_isBroken && await socket.ReceiveAsync(_buffer.AsMemory(0, BatchBytes)) is > 0 and var received)
            {
                if (Take(received))
                {
                    await _room.WaitAsync();
                }
            }
        }
        finally
        {
            _pending.Writer.Complete();
            await replies;
        }

        if (_isBroken)
        {
            await Replies.Broken.SendAsync(socket, 1);
        }
    }

    public void Dispose()
    {
        _builder.Dispose();
        _room.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    /// <returns>Whether there were whole packages: they are on their way to the disk.</returns>
    private bool Take(int received)
    {
        var input = new SequenceReader<byte>(new ReadOnlySequence<byte>(_buffer, 0, received));
        PackageStatus status;
        while ((status = _packages.Read(ref input, _builder, wholeOnly: _builder.Replies > 0)) == PackageStatus.Complete)
        {
            if (_builder.EndPackage().Kind != PackageFaultKind.None)
            {
                status = PackageStatus.Malformed;
                break;
            }
        }

        if (status != PackageStatus.NeedMore)
        {
            _isBroken = true;
            _builder.DropPart();
        }

        var hasPackages = _builder.Replies > 0;
        if (hasPackages && _builder.Close(new BatchId(_session, ++_sequence), listen).Batch is { } batch)
        {
            var append = spool.AppendAsync(
                new SpoolBatch { Id = batch.Id, Peer = peer, Listener = listen, Packages = batch.Packages, Ends = batch.Ends, Checksum = batch.Checksum }, CancellationToken.None);
            _pending.Writer.TryWrite(new PendingAppend(batch, append));
        }

        // A part at the end starts the next batch, or turns out to be none.
        if (!_isBroken && !input.End && _packages.Read(ref input, _builder, wholeOnly: false) != PackageStatus.NeedMore)
        {
            _isBroken = true;
            _builder.DropPart();
        }

        return hasPackages;
    }

    private async Task ReplyAsync()
    {
        var isClientThere = true;
        await foreach (var (batch, append) in _pending.Reader.ReadAllAsync())
        {
            var result = await append;
            try
            {
                if (isClientThere)
                {
                    await (result.Status == AppendStatus.Durable ? Replies.Accepted : Replies.Deferred).SendAsync(socket, batch.Count);
                }
            }
            catch (SocketException)
            {
                // What is under way still has to come to its end: the spool reads its memory.
                isClientThere = false;
            }

            batch.Release();
            _room.Release();
        }
    }

    private readonly record struct PendingAppend(MailBatch Batch, ValueTask<AppendResult> Append);
}
