using System.Threading.Channels;
using EcStreamOrleans.Delivery;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Silo.Relay;

/// <summary>
/// The work on one connection: one loop sends, one takes replies. It starts with a single package and sends the next ones
/// only behind its reply: a gateway that closes there is found out without a message whose fate is unknown.
/// </summary>
internal sealed class PipelinedConnection(EcStreamConnection connection, RelayOptions options, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly Queue<Package> _unanswered = [];
    private Queue<Package> _unsent = [];
    private TaskCompletionSource _progress = NewSignal();
    private long _windowBytes;
    private long _answered;
    private bool _isSendingDone;

    /// <summary>Sent, no reply: in the order of sending.</summary>
    public IEnumerable<Package> Unanswered => _unanswered;

    /// <summary>Taken from the items and not sent.</summary>
    public Queue<Package> Unsent => _unsent;

    /// <summary>Whether the packages without a reply were sent behind a pause in which the gateway may have closed.</summary>
    public bool WasIdleBeforeEnd { get; private set; }

    /// <summary>All that has no result: sent or not.</summary>
    public Queue<Package> TakeAll() => new(_unanswered.Concat(_unsent));

    /// <summary>Works until there is nothing to do for a while, or the connection ends.</summary>
    /// <param name="carried">Packages that go first.</param>
    /// <param name="items">More work.</param>
    /// <param name="mostPackages">How many packages this connection takes at most.</param>
    /// <param name="cancellationToken">Gives up what is under way.</param>
    /// <returns>How the connection ended, or null if there was nothing more to do.</returns>
    public async Task<EcStreamEnd?> RunAsync(Queue<Package> carried, ChannelReader<RelayItem> items, long mostPackages, CancellationToken cancellationToken)
    {
        _unsent = carried;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var receiving = ReceiveAsync(ended, cancellationToken);
        var sending = SendAsync(items, mostPackages, ended.Token, cancellationToken);
        await Task.WhenAll(sending, receiving);
        return await receiving;
    }

    private async Task SendAsync(ChannelReader<RelayItem> items, long mostPackages, CancellationToken ended, CancellationToken cancellationToken)
    {
        try
        {
            for (long sent = 0; sent < mostPackages && connection.End is null; sent++)
            {
                if (!await HasWorkAsync(items, ended, cancellationToken))
                {
                    return;
                }

                var package = _unsent.Peek();
                await RoomForAsync(package.Octets.Length, cancellationToken);
                if (connection.End is not null)
                {
                    return;
                }

                _unsent.Dequeue();
                if (!package.Item.TryStart(package.Place))
                {
                    sent--;
                    continue;
                }

                connection.WritePackage(package.Octets.Span);
                Sent(package);
                var isMore = _unsent.Count > 0 && sent + 1 < mostPackages && Volatile.Read(ref _answered) > 1;
                if ((!isMore || connection.BufferedBytes >= options.WindowBytes / 4) && !await connection.FlushAsync(cancellationToken))
                {
                    return;
                }
            }
        }
        finally
        {
            lock (_lock)
            {
                _isSendingDone = true;
                Signal();
            }
        }
    }

    /// <summary>Waits for something to send. False when nothing came for the idle time, the connection has ended, or nothing ever will come.</summary>
    private async Task<bool> HasWorkAsync(ChannelReader<RelayItem> items, CancellationToken ended, CancellationToken cancellationToken)
    {
        while (_unsent.Count == 0)
        {
            if (items.TryRead(out var item))
            {
                for (var place = 0; place < item.Messages.Length; place++)
                {
                    _unsent.Enqueue(new Package(item, place));
                }

                continue;
            }

            if (!await connection.FlushAsync(cancellationToken))
            {
                return false;
            }

            using var idle = new CancellationTokenSource(options.IdleTime, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, ended);
            try
            {
                if (!await items.WaitToReadAsync(either.Token))
                {
                    return false;
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return false;
            }

            lock (_lock)
            {
                WasIdleBeforeEnd |= _unanswered.Count == 0;
            }
        }

        return true;
    }

    /// <summary>Waits until the window takes so many octets. The first two packages of a connection go one by one.</summary>
    private async Task RoomForAsync(int bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task progress;
            lock (_lock)
            {
                if (_unanswered.Count == 0 || connection.End is not null || (_answered > 1 && _windowBytes + bytes <= options.WindowBytes))
                {
                    return;
                }

                progress = _progress.Task;
            }

            await connection.FlushAsync(cancellationToken);
            await progress.WaitAsync(cancellationToken);
        }
    }

    private async Task<EcStreamEnd?> ReceiveAsync(CancellationTokenSource ended, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task progress;
            lock (_lock)
            {
                if (_unanswered.Count == 0 && _isSendingDone)
                {
                    return connection.End;
                }

                progress = _unanswered.Count > 0 ? Task.CompletedTask : _progress.Task;
            }

            await progress.WaitAsync(cancellationToken);
            if (progress != Task.CompletedTask)
            {
                continue;
            }

            var reply = await connection.ReadReplyAsync(options.ReplyTimeout, cancellationToken);
            if (reply.HasEnded)
            {
                // A sender that waits for work or for room must not wait on: what has no reply needs its result now.
                lock (_lock)
                {
                    Signal();
                }

                await ended.CancelAsync();
                return reply.End;
            }

            Answered(reply.Reply);
        }
    }

    private void Sent(Package package)
    {
        lock (_lock)
        {
            _unanswered.Enqueue(package);
            _windowBytes += package.Octets.Length;
            Signal();
        }
    }

    private void Answered(in Reply reply)
    {
        Package package;
        lock (_lock)
        {
            package = _unanswered.Dequeue();
            _windowBytes -= package.Octets.Length;
            _answered++;
            WasIdleBeforeEnd = false;
            Signal();
        }

        package.Item.SetResult(package.Place, new DeliveryResult(
            reply.Code switch
            {
                ReplyCode.Accepted => DeliveryStatus.Delivered,
                ReplyCode.Rejected => DeliveryStatus.PermanentFailure,
                _ => DeliveryStatus.TemporaryFailure,
            },
            reply.Text));
    }

    private void Signal()
    {
        _progress.TrySetResult();
        _progress = NewSignal();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
