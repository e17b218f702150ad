using System.Buffers;
using System.IO.Pipelines;
using EcStreamOrleans.Edge.Facts;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Framing;
using Microsoft.AspNetCore.Connections;

namespace EcStreamOrleans.Edge;

/// <summary>Reading: packages out of the pipe's buffers, into batches, on to the grain.</summary>
internal sealed partial class EdgeSession
{
    /// <summary>How long a session is held back at most because of its peer's rate: shorter than any client's patience, and than a stop.</summary>
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

    private TimeSpan _silence;
    private long _sequence;
    private long _pausedAt;
    private long _pauseTicks;
    private volatile bool _hasOctet;
    private volatile bool _takesMore;

    /// <summary>Whether the rest of what was read goes into a further batch at once.</summary>
    public bool TakesMore => _takesMore;

    private async Task<SessionEnd> ReadAsync()
    {
        var input = _connection.Transport.Input;
        _clock.Touch();
        while (true)
        {
            Where = _packages.InPackage ? "reading a package" : "waiting for a package";
            _clock.ReadStarted();
            ReadResult result;
            try
            {
                result = await input.ReadAsync();
            }
            catch (IOException broken) when (broken.InnerException is not ConnectionAbortedException)
            {
                // A reset, or TLS that breaks off. qmqp-source ends every session with a reset: between packages it is as good an end as any.
                return _packages.InPackage ? SessionEnd.ResetInPackage : SessionEnd.Reset;
            }

            var buffer = result.Buffer;
            if (!buffer.IsEmpty)
            {
                NoteSilence();
                _clock.Touch();
                _clock.Received(buffer.Length);
                if (!_hasOctet || _refusal is not null)
                {
                    _hasOctet = true;
                    CountRefusal();
                }

                Where = "taking packages";
                var end = await TakeAsync(buffer);
                input.AdvanceTo(buffer.End);
                if (end is { } ended)
                {
                    return ended;
                }
            }
            else
            {
                input.AdvanceTo(buffer.End);
            }

            // The buffer was looked at first: what arrives together with the end counts.
            if (result.IsCompleted)
            {
                return _packages.InPackage ? SessionEnd.CutInPackage : SessionEnd.Closed;
            }

            if (result.IsCanceled && await EndsAsync(wasSilent: buffer.IsEmpty))
            {
                return RequestedEnd!.Value;
            }
        }
    }

    /// <summary>Whether a requested end still holds: octets that came meanwhile void one for silence.</summary>
    private async Task<bool> EndsAsync(bool wasSilent)
    {
        if (RequestedEnd == SessionEnd.TooSlow)
        {
            _builder.DropPart();
            _builder.Refuse(
                ReplyCode.Deferred,
                $"4.4.2 package slower than {_edge.Options.MinPackageBytesPerSecond} bytes/s over {_edge.Options.MinRateGrace.TotalSeconds} s (Grid:Limits:MinPackageBytesPerSecond)");
            _edge.Instruments.PutOff(nameof(SessionEnd.TooSlow));
            await DispatchAsync();
            return true;
        }

        return IsLeaving || RequestedEnd is SessionEnd.Drained or SessionEnd.Refused or SessionEnd.ClosedByOperator || (RequestedEnd == SessionEnd.Idle && wasSilent && !OwesReplies);
    }

    // To another datacentre, by a new connection: between packages, and what was taken is answered first.
    private bool IsLeaving => RequestedEnd == SessionEnd.ToFallback && !_packages.InPackage && _edge.Fallback.IsOpen;

    /// <summary>Takes everything that is buffered, a batch at a time.</summary>
    /// <returns>How the session ends with it, if it does: a broken stream, whose last reply says where, or a client that is to come again.</returns>
    private async Task<SessionEnd?> TakeAsync(ReadOnlySequence<byte> buffer)
    {
        while (true)
        {
            var fill = Fill(ref buffer);
            _takesMore = fill is FillEnd.BatchFull or FillEnd.TurnOver;
            if (_builder.Replies > 0)
            {
                await DispatchAsync();
            }

            switch (fill)
            {
                case FillEnd.UsedUp:
                    return null;
                case FillEnd.Malformed:
                    return SessionEnd.Malformed;
                case FillEnd.Leaving:
                    return SessionEnd.ToFallback;
                case FillEnd.TurnOver:
                    // ECStream_Max_Batch_Size: the others' turn, also if more of this connection is buffered.
                    await Task.Yield();
                    break;
            }
        }
    }

    private FillEnd Fill(ref ReadOnlySequence<byte> buffer)
    {
        var input = new SequenceReader<byte>(buffer);
        var end = FillEnd.UsedUp;
        var maxMessages = Math.Min(_policy.MaxBatchSize.Value, _edge.Options.BatchMessageCap);
        var maxBytes = _edge.Contention.Note(Traffic) ? _edge.Options.SharedBatchByteCap : _edge.Options.BatchByteCap;
        while (true)
        {
            if (IsLeaving)
            {
                end = FillEnd.Leaving;
                break;
            }

            if (_builder.Replies >= maxMessages)
            {
                end = FillEnd.TurnOver;
                break;
            }

            if (_builder.Replies > 0 && _builder.Length >= maxBytes)
            {
                end = FillEnd.BatchFull;
                break;
            }

            var status = _packages.Read(ref input, _builder, wholeOnly: _builder.Replies > 0);
            if (status == PackageStatus.NeedMore)
            {
                // A part at the end stays where it is until the batch before it is closed; then it starts the next one.
                end = input.End ? FillEnd.UsedUp : FillEnd.BatchFull;
                break;
            }

            if (status == PackageStatus.Malformed)
            {
                _builder.DropPart();
                Refuse($"5.5.2 stream broken at octet {_packages.Offset}: {_packages.Error}", "framing");
                end = FillEnd.Malformed;
                break;
            }

            if (_refusal is { } refusal)
            {
                _builder.DropPart();
                _builder.Refuse(ReplyCode.Deferred, refusal.Text);
                _edge.Instruments.PutOff(refusal.Limit);
                Refusals++;
            }
            else if (status == PackageStatus.TooLong)
            {
                Refuse($"5.3.4 message too big: {_packages.DeclaredLength} > {_edge.Options.MaxPackageBytes} bytes (Grid:Limits:MaxPackageBytes)", "size");
            }
            else if (_builder.EndPackage() is { Kind: not PackageFaultKind.None } fault)
            {
                _edge.Instruments.Refused(fault.Kind.ToString());
            }

            _clock.PackageEnded();
        }

        buffer = buffer.Slice(input.Position);
        return end;
    }

    private void Refuse(string text, string reason)
    {
        _builder.Refuse(ReplyCode.Rejected, text);
        _edge.Instruments.Refused(reason);
    }

    private async Task DispatchAsync()
    {
        // From here on the client is owed a reply, also while the batch waits for its turn.
        Interlocked.Increment(ref _owed);
        var (batch, refusals) = _builder.Close(new BatchId(Id, ++_sequence), Listen);
        long bytes = batch?.Length ?? 0;
        if (batch is not null)
        {
            AddFact(batch.Count, batch.Length);
        }

        await _window.EnterAsync(bytes);
        await PauseAsync();
        await _edge.Budget.EnterAsync(bytes);
        var verdict = batch is null ? Decided : ForwardAsync(batch);
        _pump.Enqueue(new PendingBatch(batch, refusals, verdict, bytes));
    }

    private Task<(BatchVerdict Verdict, bool IsDecided)> ForwardAsync(MailBatch batch)
    {
        if (_edge.Grid.Obstacle is not null)
        {
            // Why is for who runs the grid, in log and readiness; it may name machines.
            _edge.Instruments.PutOff(batch, "GridNotReached");
            return Task.FromResult((BatchVerdict.Defer("4.3.2 no silo of the grid can be reached; nothing was taken, send again"), true));
        }

        return _edge.Forwarder.ForwardAsync(Grain, Traffic, batch, _connection.IsAdmittedByTls ? OpenAsync : null);
    }

    // Near its peer's rate or over it: nothing more is handed on, and TCP tells the client. What waits is a batch that was
    // read; it holds no call and no part of the edge's budget.
    private async ValueTask PauseAsync()
    {
        if (Interlocked.Exchange(ref _pauseTicks, 0) is > 0 and var ticks)
        {
            var pause = TimeSpan.FromTicks(Math.Min(ticks, MaxPause.Ticks)) - _edge.Clock.GetElapsedTime(Volatile.Read(ref _pausedAt));
            if (pause > TimeSpan.Zero)
            {
                Where = "waiting for the peer's rate";
                await Task.Delay(pause, _edge.Clock);
                Where = "taking packages";
            }
        }
    }

    // While a reply is owed, it is the server that keeps the client waiting.
    private void NoteSilence()
    {
        if (!OwesReplies && _clock.SinceActivity is var silence && silence > _silence)
        {
            _silence = silence;
        }
    }

    private void AddFact(int messages, int bytes)
    {
        _edge.Facts.Add(new TrafficFact(_edge.Clock.GetUtcNow(), Peer, Listen, Id, messages, bytes, _silence));
        _silence = TimeSpan.Zero;
    }

    private static readonly Task<(BatchVerdict, bool)> Decided =
        Task.FromResult((new BatchVerdict(BatchStatus.Accepted, null, 0, null, PolicyVersion: 0, IsSessionKnown: true), true));

    private enum FillEnd
    {
        UsedUp,
        BatchFull,
        TurnOver,
        Malformed,
        Leaving,
    }
}
