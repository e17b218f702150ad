using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Delivery;

/// <summary>
/// The client side of one ECStream connection. Packages are sent without waiting, replies come in their order.
/// One caller writes and one reads, at the same time; a caller that never reads will be stopped by the server, which does
/// not read from a client that leaves its replies lying. What can be expected of a network is a result, never an exception:
/// after the connection has ended, writes say <see langword="false"/> and the reader gets the <see cref="EcStreamEnd"/>.
/// Only a caller's own cancellation throws.
/// </summary>
public sealed class EcStreamConnection : IAsyncDisposable
{
    private static readonly StreamPipeWriterOptions WriterOptions = new(minimumBufferSize: 65_536, leaveOpen: true);
    private static readonly StreamPipeReaderOptions ReaderOptions = new(bufferSize: 65_536, leaveOpen: true);

    private readonly Lock _ending = new();
    private readonly EcStreamEndpoint _endpoint;
    private readonly IStreamCodec _codec;
    private readonly TimeProvider _timeProvider;
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly PipeWriter _output;
    private readonly PipeReader _input;
    private readonly ITimer _replyTimer;

    private ReadOnlySequence<byte> _unread;
    private bool _holdsBuffer;
    private bool _serverClosed;
    private long _sent;
    private long _answered;
    private string? _writeError;
    private volatile EcStreamEnd? _end;

    private EcStreamConnection(EcStreamEndpoint endpoint, Socket socket, IStreamCodec codec, TimeProvider timeProvider)
    {
        _endpoint = endpoint;
        _codec = codec;
        _timeProvider = timeProvider;
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _output = PipeWriter.Create(_stream, WriterOptions);
        _input = PipeReader.Create(_stream, ReaderOptions);

        // One timer for the whole connection: it is armed only while a read really waits, and allocates nothing then.
        _replyTimer = timeProvider.CreateTimer(
            static state => ((PipeReader)state!).CancelPendingRead(), _input, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether accepted packages' replies come with their text, which is a string for each. Default: true.</summary>
    public bool KeepsAcceptedTexts { get; set; } = true;

    /// <summary>How many reads have brought replies, or the end: it grows when what <see cref="ReadReplyAsync"/> gives has arrived later than what it gave before.</summary>
    public long Reads { get; private set; }

    /// <summary>How many packages were handed over.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>How many of them have a reply.</summary>
    public long Answered => Volatile.Read(ref _answered);

    /// <summary>How many of them have none yet.</summary>
    public long Unanswered => Sent - Answered;

    /// <summary>Octets written and not yet flushed. A writer flushes before this grows large: it is memory.</summary>
    public long BufferedBytes => _output.UnflushedBytes;

    /// <summary>How the connection ended, or null while it has not.</summary>
    public EcStreamEnd? End => _end;

    /// <summary>Connects.</summary>
    /// <param name="endpoint">Where to.</param>
    /// <param name="connectTimeout">How long name resolution and connecting may take together.</param>
    /// <param name="codec">The framing.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Gives up; throws.</param>
    /// <returns>The connection, or why there is none.</returns>
    public static Task<EcStreamConnectResult> ConnectAsync(
        EcStreamEndpoint endpoint, TimeSpan connectTimeout, IStreamCodec codec, TimeProvider timeProvider, CancellationToken cancellationToken) =>
        ConnectAsync(endpoint, localAddress: null, connectTimeout, codec, timeProvider, cancellationToken);

    /// <summary>Connects from an address of one's own choice, which is who one is to the server.</summary>
    /// <param name="endpoint">Where to.</param>
    /// <param name="localAddress">Where from, an address of this machine; null lets the system choose. It has no meaning for a Unix socket.</param>
    /// <param name="connectTimeout">How long name resolution and connecting may take together.</param>
    /// <param name="codec">The framing.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Gives up; throws.</param>
    /// <returns>The connection, or why there is none.</returns>
    public static async Task<EcStreamConnectResult> ConnectAsync(
        EcStreamEndpoint endpoint,
        IPAddress? localAddress,
        TimeSpan connectTimeout,
        IStreamCodec codec,
        TimeProvider timeProvider,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(codec);
        ArgumentNullException.ThrowIfNull(timeProvider);
        using var timeout = new CancellationTokenSource(connectTimeout, timeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        if (localAddress is not null
            && IPAddress.TryParse(endpoint.Host, out var remoteAddress)
            && remoteAddress.AddressFamily != localAddress.AddressFamily)
        {
            return EcStreamConnectResult.Failed($"cannot connect to {endpoint} from {localAddress}: one is IPv4, the other IPv6");
        }

        var socket = CreateSocket(endpoint, localAddress);
        try
        {
            if (localAddress is not null && endpoint.Path is null)
            {
                socket.Bind(new IPEndPoint(localAddress, 0));
            }

            if (endpoint.Path is not null)
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(endpoint.Path), both.Token);
            }
            else if (IPAddress.TryParse(endpoint.Host, out var address))
            {
                await socket.ConnectAsync(address, endpoint.Port, both.Token);
            }
            else
            {
                await socket.ConnectAsync(endpoint.Host, endpoint.Port, both.Token);
            }

            return EcStreamConnectResult.Connected(new EcStreamConnection(endpoint, socket, codec, timeProvider));
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            var from = localAddress is null ? string.Empty : $" from {localAddress}";
            return EcStreamConnectResult.Failed($"cannot connect to {endpoint}{from}: {failure.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            return EcStreamConnectResult.Failed($"cannot connect to {endpoint}: no answer within {connectTimeout.TotalSeconds:0.###} s");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Frames one message into the buffer; <see cref="FlushAsync"/> sends it.</summary>
    /// <param name="message">The message, octet for octet.</param>
    /// <param name="sender">The envelope sender; empty is the null sender.</param>
    /// <param name="recipients">The recipients; at least one.</param>
    public void WriteMessage(ReadOnlySpan<byte> message, ReadOnlySpan<byte> sender, ReadOnlySpan<ReadOnlyMemory<byte>> recipients)
    {
        _codec.WritePackage(_output, message, sender, recipients);
        Interlocked.Increment(ref _sent);
    }

    /// <summary>Copies one package that is framed already into the buffer; <see cref="FlushAsync"/> sends it.</summary>
    /// <param name="package">The package, verbatim. It may be reused as soon as this returns.</param>
    public void WritePackage(ReadOnlySpan<byte> package)
    {
        _output.Write(package);
        Interlocked.Increment(ref _sent);
    }

    /// <summary>Sends packages that are framed already and lie one behind the other, without a copy, after anything still buffered.</summary>
    /// <param name="packages">The packages, verbatim. Not to be changed until the task completes.</param>
    /// <param name="count">How many they are.</param>
    /// <param name="cancellationToken">Gives up; throws. The stream is then of no use: part of a package may be sent.</param>
    /// <returns><see langword="false"/> if the connection no longer takes packages; the reader learns why.</returns>
    public ValueTask<bool> SendPackagesAsync(ReadOnlyMemory<byte> packages, int count, CancellationToken cancellationToken)
    {
        if (_end is not null || _writeError is not null)
        {
            return new ValueTask<bool>(false);
        }

        Interlocked.Add(ref _sent, count);
        return CompleteWriteAsync(_output.WriteAsync(packages, cancellationToken));
    }

    /// <summary>Sends what is buffered. Completes when the operating system has taken it, which is the back-pressure.</summary>
    /// <param name="cancellationToken">Gives up; throws. The stream is then of no use: part of a package may be sent.</param>
    /// <returns><see langword="false"/> if the connection no longer takes packages; the reader learns why.</returns>
    public ValueTask<bool> FlushAsync(CancellationToken cancellationToken) =>
        _end is not null || _writeError is not null ? new ValueTask<bool>(false) : CompleteWriteAsync(_output.FlushAsync(cancellationToken));

    /// <summary>Sends what is buffered and says that no more will come; replies can still be read.</summary>
    /// <param name="cancellationToken">Gives up; throws.</param>
    /// <returns><see langword="false"/> if the connection had ended before.</returns>
    public async ValueTask<bool> HalfCloseAsync(CancellationToken cancellationToken)
    {
        if (!await FlushAsync(cancellationToken))
        {
            return false;
        }

        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            return true;
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            _writeError ??= failure.Message;
            return false;
        }
    }

    /// <summary>Reads the next reply. Completes at once, and takes no timer, when it has arrived already.</summary>
    /// <param name="timeout">How long to wait for the whole of it; counted from the call, so a server that trickles does not stretch it.</param>
    /// <param name="cancellationToken">Stops waiting; throws. The connection stays as it is.</param>
    /// <returns>The reply, or how the connection ended.</returns>
    public ValueTask<EcStreamReply> ReadReplyAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_end is { } end)
        {
            return new ValueTask<EcStreamReply>(new EcStreamReply(end));
        }

        return TryTake(out var reply) ? new ValueTask<EcStreamReply>(reply) : WaitForReplyAsync(timeout, cancellationToken);
    }

    /// <summary>Half-closes, reads every reply still owed, and closes.</summary>
    /// <param name="onReply">Takes each of them, with the package's number.</param>
    /// <param name="timeout">How long to wait for each.</param>
    /// <param name="cancellationToken">Gives up; throws.</param>
    /// <returns>How the connection ended: <see cref="EcStreamEndKind.Closed"/> with nothing unanswered if all went well.</returns>
    public async ValueTask<EcStreamEnd> CloseAsync(Action<long, Reply> onReply, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(onReply);
        await HalfCloseAsync(cancellationToken);
        while (Unanswered > 0)
        {
            var reply = await ReadReplyAsync(timeout, cancellationToken);
            if (reply.HasEnded)
            {
                return reply.End;
            }

            onReply(reply.Index, reply.Reply);
        }

        return Finish(EcStreamEndKind.Closed, "closed");
    }

    /// <summary>Ends the connection at once. A write or a read under way completes with the end.</summary>
    public void Abort() => Finish(EcStreamEndKind.Aborted, "given up");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Abort();
        await _replyTimer.DisposeAsync();
        await _stream.DisposeAsync();
    }

    private static Socket CreateSocket(EcStreamEndpoint endpoint, IPAddress? localAddress) => (endpoint.Path, localAddress) switch
    {
        (not null, _) => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
        (null, not null) => new Socket(localAddress.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },

        // Of both families, so that a name may lead to either.
        _ => new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
    };

    private async ValueTask<bool> CompleteWriteAsync(ValueTask<FlushResult> write)
    {
        try
        {
            var result = await write;
            return !result.IsCompleted;
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException or SocketException)
        {
            // Not the end yet: replies that came before the server closed are still to be read.
            _writeError ??= failure.InnerException?.Message ?? failure.Message;
            return false;
        }
    }

    private async ValueTask<EcStreamReply> WaitForReplyAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var start = _timeProvider.GetTimestamp();
        _replyTimer.Change(timeout, Timeout.InfiniteTimeSpan);
        try
        {
            while (true)
            {
                var read = await _input.ReadAsync(cancellationToken);
                Reads++;
                _unread = read.Buffer;
                _holdsBuffer = true;
                _serverClosed = read.IsCompleted;
                if (TryTake(out var reply))
                {
                    return reply;
                }

                // A timer that fired as the last reply came cancels the next read too: only the clock decides.
                if (read.IsCanceled && timeout != Timeout.InfiniteTimeSpan && _timeProvider.GetElapsedTime(start) >= timeout)
                {
                    return new EcStreamReply(Finish(EcStreamEndKind.TimedOut, $"no reply within {timeout.TotalSeconds:0.###} s"));
                }
            }
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            return new EcStreamReply(Finish(EcStreamEndKind.Reset, (failure.InnerException ?? failure).Message));
        }
        catch (ObjectDisposedException)
        {
            return new EcStreamReply(Finish(EcStreamEndKind.Aborted, "given up"));
        }
        finally
        {
            _replyTimer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Takes the next reply out of what has arrived; at the end of what the server sent, the end.</summary>
    private bool TryTake(out EcStreamReply reply)
    {
        reply = default;
        if (!_holdsBuffer)
        {
            return false;
        }

        var reader = new SequenceReader<byte>(_unread);
        switch (_codec.ReadReply(ref reader, out var content, KeepsAcceptedTexts))
        {
            case ReplyStatus.Complete when Unanswered > 0:
                _unread = _unread.Slice(reader.Position);
                reply = new EcStreamReply(_answered, content);
                Volatile.Write(ref _answered, _answered + 1);
                return true;

            case ReplyStatus.Complete:
                reply = new EcStreamReply(Finish(EcStreamEndKind.Malformed, "a reply to nothing"));
                return true;

            case ReplyStatus.Malformed:
                reply = new EcStreamReply(Finish(EcStreamEndKind.Malformed, "no ECStream reply where one should start"));
                return true;

            default:
                var inside = !_unread.IsEmpty;
                _input.AdvanceTo(_unread.Start, _unread.End);
                _holdsBuffer = false;
                if (!_serverClosed)
                {
                    return false;
                }

                reply = new EcStreamReply(AtServersClose(inside));
                return true;
        }
    }

    private EcStreamEnd AtServersClose(bool insideReply) =>
        insideReply ? Finish(EcStreamEndKind.ClosedInsideReply, "the server closed inside a reply")
        : _writeError is { } error ? Finish(EcStreamEndKind.Reset, error)
        : Finish(EcStreamEndKind.Closed, "the server closed");

    private EcStreamEnd Finish(EcStreamEndKind kind, string text)
    {
        lock (_ending)
        {
            if (_end is null)
            {
                var (answered, unanswered) = (Answered, Unanswered);
                _end = new EcStreamEnd(kind, answered, unanswered, $"{_endpoint}: {text} after {answered} replies, {unanswered} owed");

                // Closing here releases a writer that the server keeps waiting.
                _socket.Dispose();
            }

            return _end;
        }
    }
}
