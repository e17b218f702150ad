using System.Buffers;
using System.IO.Pipelines;
using EcStreamOrleans.Edge.Facts;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Protocol.Framing;
using Microsoft.AspNetCore.Connections;

namespace EcStreamOrleans.Edge;

/// <summary>
/// One connection's conversation: reads packages, closes a batch as soon as nothing more is buffered, hands it on and goes on
/// reading while replies are owed. Several batches may be under way; the reply pump keeps the packages' order.
/// </summary>
internal sealed partial class EdgeSession : IDisposable
{
    /// <summary>
    /// How long a session over a limit is told so: long enough for a package of 32 MiB to come in at 30 Mbit/s, since no reply
    /// may come before its last octet.
    /// </summary>
    private static readonly TimeSpan RefusalTime = TimeSpan.FromSeconds(10);

    /// <summary>How long a session is held back at most because of its peer's rate: shorter than any client's patience, and than a stop.</summary>
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

    /// <summary>What a session over a limit keeps of its packages: nothing, whatever their length.</summary>
    private static readonly FramingLimits KeepNothing = new(MaxPackageBytes: 0, MaxRecipients: 0, MaxAddressBytes: 0);

    private readonly EdgeConnection _connection;
    private readonly EdgeServices _edge;
    private readonly IPeerGrain _grain;
    private readonly BatchBuilder _builder;
    private readonly ReplyPump _pump;
    private readonly ByteBudget _window;
    private readonly SessionClock _clock;
    private IPackageReader _packages;
    private volatile EffectivePolicy _policy;
    private volatile SessionRefused? _refusal;
    private long _refusedAt;
    private long _pausedAt;
    private long _pauseTicks;
    private readonly long _number;
    private TimeSpan _silence;
    private long _sequence;
    private int _owed;
    private bool _hasSeat;
    private bool _hasRefusedSeat;
    private bool _wasOpened;
    private volatile bool _hasOctet;
    private int _isRefusalCounted;

    public EdgeSession(EdgeConnection connection, PeerTraffic traffic, EdgeServices edge)
    {
        _connection = connection;
        _edge = edge;
        _policy = edge.Policy.Evaluate(Listen, Peer);
        _number = edge.Facts.NumberSession();
        Traffic = traffic;
        _grain = edge.Grains.GetGrain<IPeerGrain>(Peer.Key);
        _packages = edge.Codec.CreatePackageReader(edge.Options.Framing);
        _builder = new BatchBuilder(edge.Codec, edge.Options.Framing);
        _pump = new ReplyPump(connection.Transport.Output, edge.Codec, this);
        _window = new ByteBudget(edge.Options.BytesUnderWayPerConnection, edge.Options.BatchWindow);
        _clock = new SessionClock(edge.Options, edge.Clock);
    }

    public Guid Id { get; } = Guid.NewGuid();

    public PeerId Peer => _connection.Peer;

    public string Listen => _connection.Listen.Address;

    public PeerTraffic Traffic { get; }

    /// <summary>Where in the conversation the session stands: what a log line about its end says.</summary>
    public string Where { get; private set; } = "opening the session";

    /// <summary>How somebody other than the client wants the session to end: the heartbeat, the grain, a stopping edge.</summary>
    public SessionEnd? RequestedEnd { get; private set; }

    public long Messages { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>The limit that the session is over, if it is.</summary>
    public SessionRefused? Refusal => _refusal;

    /// <summary>Whether the client connected and closed without an octet: a load balancer does, to see whether somebody listens.</summary>
    public bool IsProbe { get; private set; }

    /// <summary>Packages answered with it.</summary>
    public long Refusals { get; private set; }

    private bool OwesReplies => Volatile.Read(ref _owed) > 0;

    public async Task<SessionEnd> RunAsync()
    {
        if (_connection.Tls?.FindRefusal(Listen, _connection.Listen.Tls!.VerifyMode) is { } unverified)
        {
            Refuse(new SessionRefused(unverified, "TLS_Verify_Mode"));
        }
        else if (_hasSeat = _edge.Seats.TryTake(out var wouldBe))
        {
            await OpenAsync();
        }
        else
        {
            Refuse(new SessionRefused($"4.3.2 too many sessions on this edge: {wouldBe} > {_edge.Options.MaxSessions} (Grid:Limits:MaxSessions)", "MaxSessions"));
        }

        if (_refusal is not null)
        {
            _packages = _edge.Codec.CreatePackageReader(KeepNothing);
        }

        using var drain = _connection.Draining.Register(static session => ((EdgeSession)session!).RequestEnd(SessionEnd.Drained), this);
        try
        {
            var end = await ReadAsync();
            IsProbe = !_hasOctet && end is (SessionEnd.Closed or SessionEnd.Reset);
            if (!IsProbe)
            {
                CountRefusal();
            }

            if (end == SessionEnd.Idle)
            {
                NoteSilence();
                AddFact(messages: 0, bytes: 0);
            }

            return _refusal is null ? end : SessionEnd.Refused;
        }
        finally
        {
            // Whatever ended the reading: what was taken is answered.
            await _pump.DrainAsync();
        }
    }

    /// <summary>The heartbeat's look at this session.</summary>
    public void Tick()
    {
        if (_refusal is not null)
        {
            TickRefused();
            return;
        }

        var end = _clock.Judge(_policy.IdleTime.Value, OwesReplies, _packages.InPackage);
        if (end == SessionEnd.RepliesNotRead)
        {
            // The reply pump waits for a client that does not read: only an abort frees it.
            RequestedEnd = SessionEnd.RepliesNotRead;
            _connection.Context.Abort(new ConnectionAbortedException("The client does not read its replies."));
        }
        else if (end is { } wanted)
        {
            RequestEnd(wanted);
        }
    }

    /// <summary>Goes by the policy as it is now. Called for every session behind a change, and once the edge knows the session.</summary>
    public void Reevaluate() => _policy = _edge.Policy.Evaluate(Listen, Peer);

    /// <summary>The grain's order: closes the session if it is idle by the edge's book and policy, too.</summary>
    /// <returns>Null if it is; otherwise for how long nothing has come.</returns>
    public TimeSpan? CloseIfIdle()
    {
        var idleFor = OwesReplies ? TimeSpan.Zero : _clock.SinceActivity;
        if (idleFor < _policy.IdleTime.Value)
        {
            return idleFor;
        }

        RequestEnd(SessionEnd.Idle);
        return null;
    }

    public ValueTask CloseInGrainAsync() => _refusal is null ? _grain.CloseSessionAsync(Id, CancellationToken.None) : default;

    public ValueTask ReportActivityAsync(TimeSpan idleFor) => _grain.ReportActivityAsync(Id, idleFor, CancellationToken.None);

    public async ValueTask OnVerdictAsync(PendingBatch pending, BatchVerdict verdict)
    {
        Traffic.Count(pending.Refusals);
        _edge.Follower.Saw(verdict.PolicyVersion);
        if (pending.Batch is not { } batch)
        {
            return;
        }

        Traffic.Count(batch, verdict.Status);
        if (verdict.Pause > TimeSpan.Zero)
        {
            Volatile.Write(ref _pausedAt, _edge.Clock.GetTimestamp());
            Volatile.Write(ref _pauseTicks, verdict.Pause.Ticks);
        }

        if (verdict.Status == BatchStatus.Accepted)
        {
            Messages += batch.Count;
            Bytes += batch.Length;
            if (_edge.ReceptionLog is { } log)
            {
                await log.WriteAsync(Peer, batch, verdict.SpoolId!, verdict.RecordNumber, _connection.Tls?.VerifiedSubject);
            }
        }

        if (!verdict.IsSessionKnown && _refusal is null)
        {
            await OpenAsync();
        }
    }

    public void OnBatchLeft(long bytes)
    {
        _window.Leave(bytes);
        _edge.Budget.Leave(bytes);
    }

    public void OnRepliesWritten(int batches)
    {
        // First the clock, then the count: a tick in between must not see an old sign of life and nothing owed.
        _clock.Touch();
        Interlocked.Add(ref _owed, -batches);
    }

    public void OnFlushStarted() => _clock.FlushStarted();

    public void OnFlushEnded() => _clock.FlushEnded();

    public void OnPumpFailed(Exception error)
    {
        _edge.Log.RepliesNotWritten(error, Id, Peer.Key, Where);
        _connection.Context.Abort(new ConnectionAbortedException("Replies could not be written.", error));
    }

    public void Dispose()
    {
        _builder.Dispose();
        if (_hasSeat)
        {
            _edge.Seats.Leave();
        }

        if (_hasRefusedSeat)
        {
            _edge.Seats.LeaveRefused();
        }
    }

    // Best effort: without the grid the session goes on with the file's policy, its batches are answered Z, and the first
    // batch that a grain takes opens it there.
    private async Task OpenAsync()
    {
        try
        {
            var answer = await _grain.OpenSessionAsync(new SessionRequest(Id, Listen, _edge.Name, _wasOpened, _connection.Tls?.VerifiedSubject, _connection.IsAdmittedByTls), _edge.Observer, CancellationToken.None);
            if (answer is SessionRefused refused)
            {
                Refuse(refused);
            }
            else
            {
                _edge.Follower.Saw(((SessionOpened)answer).PolicyVersion);
                _wasOpened = true;
            }
        }
        catch (Exception error)
        {
            _edge.Log.SessionNotOpened(error, Id, Peer.Key);
        }
    }

    // From here on every package is answered with the refusal, for a while: the seat is free for others at once.
    private void Refuse(SessionRefused refusal)
    {
        _refusedAt = _edge.Clock.GetTimestamp();
        if (Interlocked.CompareExchange(ref _refusal, refusal, null) is not null)
        {
            // Batches under way at once may each have asked.
            return;
        }

        RequestedEnd = SessionEnd.Refused;
        if (_hasOctet)
        {
            CountRefusal();
        }

        if (_hasSeat)
        {
            _hasSeat = false;
            _edge.Seats.Leave();
        }

        _hasRefusedSeat = _edge.Seats.TryRefuse();
        if (!_hasRefusedSeat)
        {
            RequestEnd(SessionEnd.Refused);
        }
    }

    // Once, and not before the client says something: a probe is no client that was turned away.
    private void CountRefusal()
    {
        if (_refusal is { } refusal && Interlocked.Exchange(ref _isRefusalCounted, 1) == 0)
        {
            _edge.Instruments.SessionRefused(refusal.Limit);
        }
    }

    private void TickRefused()
    {
        var since = _edge.Clock.GetElapsedTime(_refusedAt);
        if (since >= 2 * RefusalTime)
        {
            // It does not read its replies: only an abort frees the reply pump.
            _connection.Context.Abort(new ConnectionAbortedException("The session was refused and does not end."));
        }
        else if (since >= RefusalTime)
        {
            RequestEnd(SessionEnd.Refused);
        }
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

    private void RequestEnd(SessionEnd end)
    {
        // An operator's word stands.
        RequestedEnd = _isClosedByOperator ? SessionEnd.ClosedByOperator : end;
        _connection.Transport.Input.CancelPendingRead();
    }

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
                var isSound = await TakeAsync(buffer);
                input.AdvanceTo(buffer.End);
                if (!isSound)
                {
                    return SessionEnd.Malformed;
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

        return RequestedEnd is SessionEnd.Drained or SessionEnd.Refused or SessionEnd.ClosedByOperator || (RequestedEnd == SessionEnd.Idle && wasSilent && !OwesReplies);
    }

    /// <summary>Takes everything that is buffered, a batch at a time.</summary>
    /// <returns>False if the stream is broken; its last reply says where.</returns>
    private async Task<bool> TakeAsync(ReadOnlySequence<byte> buffer)
    {
        while (true)
        {
            var fill = Fill(ref buffer);
            if (_builder.Replies > 0)
            {
                await DispatchAsync();
            }

            switch (fill)
            {
                case FillEnd.UsedUp:
                    return true;
                case FillEnd.Malformed:
                    return false;
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
        while (true)
        {
            if (_builder.Replies >= maxMessages)
            {
                end = FillEnd.TurnOver;
                break;
            }

            if (_builder.Replies > 0 && _builder.Length >= _edge.Options.BatchByteCap)
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
        var verdict = batch is null ? Decided : _edge.Forwarder.ForwardAsync(_grain, batch, _connection.IsAdmittedByTls ? OpenAsync : null);
        _pump.Enqueue(new PendingBatch(batch, refusals, verdict, bytes));
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
        _edge.Facts.Add(new TrafficFact(_edge.Clock.GetUtcNow(), Peer, Listen, _number, messages, bytes, _silence));
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
    }
}
