using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using EcStreamOrleans.Delivery.Maildirs;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Cli.Sinking;

/// <summary>
/// One connection to a sink. Packages are judged as they become whole; the replies of one read leave together, after the
/// deliveries of that read, whose files share one flush of the directory.
/// </summary>
internal sealed class SinkSession : IAsyncDisposable
{
    private static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(2);

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly PipeReader _input;
    private readonly PipeWriter _output;
    private readonly FramingLimits _limits = FramingLimits.Default;
    private readonly IPackageReader _reader;
    private readonly ArrayBufferWriter<byte> _package = new(65_536);
    private readonly List<Verdict> _verdicts = [];
    private readonly List<MaildirMessage> _deliveries = [];
    private readonly ReplyCode _reply;
    private readonly byte[] _replyText;
    private readonly Maildir? _maildir;
    private readonly SinkCounts _counts;
    private readonly TimeProvider _timeProvider;
    private bool _ends;
    private string? _malformed;

    public SinkSession(Socket socket, ReplyCode reply, Maildir? maildir, SinkCounts counts, TimeProvider timeProvider)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _input = PipeReader.Create(_stream, new StreamPipeReaderOptions(bufferSize: 65_536, leaveOpen: true));
        _output = PipeWriter.Create(_stream, new StreamPipeWriterOptions(leaveOpen: true));
        _reader = EcStreamCodec.Instance.CreatePackageReader(_limits);
        _reply = reply;
        _replyText = reply switch
        {
            ReplyCode.Accepted => "2.0.0 ok"u8.ToArray(),
            ReplyCode.Deferred => "4.3.0 deferred by the sink"u8.ToArray(),
            _ => "5.7.1 rejected by the sink"u8.ToArray(),
        };
        _maildir = maildir;
        _counts = counts;
        _timeProvider = timeProvider;
    }

    /// <summary>Why a delivery failed, the last time one did; or null.</summary>
    public string? DeliveryFailure { get; private set; }

    /// <summary>Serves the connection to its end; the caller disposes of it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!_ends)
            {
                var read = await _input.ReadAsync(cancellationToken);
                Consume(read.Buffer);
                _input.AdvanceTo(read.Buffer.End);
                Deliver();
                await ReplyAsync();
                _ends |= read.IsCompleted;
            }

            await LingerAsync();
        }
        catch (Exception failure) when (failure is IOException or SocketException or ObjectDisposedException)
        {
            // A client that resets, as qmqp-source does, is a client that has ended.
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The sink ends; what was not answered was not taken.
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private void Consume(ReadOnlySequence<byte> buffer)
    {
        var input = new SequenceReader<byte>(buffer);
        while (!_ends)
        {
            switch (_reader.Read(ref input, _package, wholeOnly: false))
            {
                case PackageStatus.NeedMore:
                    return;

                case PackageStatus.Malformed:
                    _malformed = $"5.5.2 malformed stream: {_reader.Error} (at octet {_reader.Offset})";
                    _counts.CountMalformed();
                    _ends = true;
                    return;

                case var status:
                    // Without a place the message is left unanswered: it was not taken.
                    _ends = !_counts.TryClaim();
                    if (!_ends)
                    {
                        Judge(status);
                    }

                    _package.ResetWrittenCount();
                    break;
            }
        }
    }

    private void Judge(PackageStatus status)
    {
        if (status == PackageStatus.TooLong)
        {
            Reject($"5.3.4 message too big: {_reader.DeclaredLength} > {_limits.MaxPackageBytes} bytes");
            return;
        }

        var fault = EcStreamCodec.Instance.ReadEnvelope(_package.WrittenSpan, _limits, out var envelope);
        if (fault.Kind != PackageFaultKind.None)
        {
            Reject(fault.ToReplyText());
            return;
        }

        var deliveries = 0;
        if (_maildir is not null && _reply == ReplyCode.Accepted)
        {
            var (sender, message) = (envelope.Sender.ToArray(), envelope.Message.ToArray());
            foreach (var recipient in envelope.Recipients)
            {
                _deliveries.Add(new MaildirMessage(string.Empty, sender, recipient.ToArray(), message));
                deliveries++;
            }
        }

        _verdicts.Add(new Verdict(_reply, _replyText, _package.WrittenCount, deliveries));
    }

    private void Reject(string text) => _verdicts.Add(new Verdict(ReplyCode.Rejected, Encoding.UTF8.GetBytes(text), 0, 0));

    private void Deliver()
    {
        if (_maildir is null || _deliveries.Count == 0)
        {
            return;
        }

        var results = _maildir.DeliverBatch(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_deliveries));
        _deliveries.Clear();
        var next = 0;
        for (var i = 0; i < _verdicts.Count; i++)
        {
            var verdict = _verdicts[i];
            for (var end = next + verdict.Deliveries; next < end; next++)
            {
                if (!results[next].IsDelivered)
                {
                    // One recipient without the message is enough: K would be a promise for all.
                    DeliveryFailure = results[next].Reason;
                    _verdicts[i] = verdict with { Code = ReplyCode.Deferred, Text = "4.3.0 cannot deliver to the Maildir"u8.ToArray() };
                }
            }
        }
    }

    private async ValueTask ReplyAsync()
    {
        foreach (var verdict in _verdicts)
        {
            EcStreamCodec.Instance.WriteReply(_output, verdict.Code, verdict.Text);
            _counts.Count(verdict.Code, verdict.Bytes);
        }

        if (_malformed is not null)
        {
            EcStreamCodec.Instance.WriteReply(_output, ReplyCode.Rejected, Encoding.UTF8.GetBytes(_malformed));
        }

        // Until the client has taken its replies nothing more is read from it.
        await _output.FlushAsync(CancellationToken.None);
        _counts.Replied(_verdicts.Count);
        _verdicts.Clear();
    }

    /// <summary>
    /// Says that no more will come and waits, for a bounded time, until the client closes too: closing with unread octets
    /// would send a reset, which can overtake the replies.
    /// </summary>
    private async Task LingerAsync()
    {
        _socket.Shutdown(SocketShutdown.Send);
        using var time = new CancellationTokenSource(LingerTime, _timeProvider);
        try
        {
            while (await _input.ReadAsync(time.Token) is { IsCompleted: false } read)
            {
                _input.AdvanceTo(read.Buffer.End);
            }
        }
        catch (OperationCanceledException) when (time.IsCancellationRequested)
        {
            // It does not close; we do.
        }
    }

    /// <summary>The verdict on one package, and how many of the pending deliveries are its own.</summary>
    private readonly record struct Verdict(ReplyCode Code, byte[] Text, long Bytes, int Deliveries);
}
