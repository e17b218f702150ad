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
    private readonly EdgeConnection _connection;
    private readonly EdgeServices _edge;
    private readonly BatchBuilder _builder;
    private readonly ReplyPump _pump;
    private readonly ByteBudget _window;
    private readonly SessionClock _clock;
    private IPackageReader _packages;
    private volatile EffectivePolicy _policy;
    private volatile SessionRefused? _refusal;
    private int _owed;
    private bool _hasSeat;
    private bool _wasOpened;

    public EdgeSession(EdgeConnection connection, PeerTraffic traffic, EdgeServices edge)
    {
        _connection = connection;
        _edge = edge;
        _policy = edge.Policy.Evaluate(Listen, Peer);
        Traffic = traffic;
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

    // Not before it is called: without the grid there are no grains.
    private IPeerGrain Grain => field ??= _edge.Grains.GetGrain<IPeerGrain>(Peer.Key);

    private bool OwesReplies => Volatile.Read(ref _owed) > 0;

    public async Task<SessionEnd> RunAsync()
    {
        if (_connection.Refusal is { } unverified)
        {
            Refuse(new SessionRefused(unverified, "TLS_Verify_Mode"));
        }
        else if (_edge.Maintenance.Refusal is { } outOfService)
        {
            Refuse(outOfService);
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
        else if (RequestedEnd != SessionEnd.Drained && _edge.Fallback.Takes(_connection))
        {
            RequestEnd(SessionEnd.ToFallback);
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

    public ValueTask CloseInGrainAsync() => _refusal is null && _edge.Grid.Obstacle is null ? Grain.CloseSessionAsync(Id, CancellationToken.None) : default;

    public ValueTask ReportActivityAsync(TimeSpan idleFor) => Grain.ReportActivityAsync(Id, idleFor, CancellationToken.None);

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
                await log.WriteAsync(Peer, batch, verdict.SpoolId!, verdict.RecordNumber, _connection.VerifiedSubject);
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
        if (_edge.Grid.Obstacle is not null)
        {
            return;
        }

        try
        {
            var answer = await Grain.OpenSessionAsync(new SessionRequest(Id, Listen, _edge.Name, _wasOpened, _connection.VerifiedSubject, _connection.IsAdmittedByTls), _edge.Observer, CancellationToken.None);
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

    private void RequestEnd(SessionEnd end)
    {
        // An operator's word stands.
        RequestedEnd = _isClosedByOperator ? SessionEnd.ClosedByOperator : end;
        _connection.Transport.Input.CancelPendingRead();
    }
}
