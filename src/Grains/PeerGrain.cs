using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Dashboard;
using Orleans.Placement;
using Orleans.Runtime.Placement;
using Orleans.Storage;

namespace EcStreamOrleans.Grains;

/// <summary>
/// One injecting peer; see <see cref="IPeerGrain"/>. Placed where its traffic enters, there a batch is passed by reference, and moved when that moves. What is set at its scope is read
/// from the store only when it is asked for or changed: mail is judged by the policy that every silo has in memory, and flows while the store is away.
/// No dashboard measures its calls: they are mail's way.
/// </summary>
[PreferLocalPlacement, NoProfiling]
internal sealed partial class PeerGrain(
    [FromKeyedServices(PeerGrain.StorageName)] IGrainStorage storage,
    LivePolicy policy,
    AdmissionOptions admission,
    PeerLimits limits,
    PeerPlacement placement,
    PeerInstruments instruments,
    IBatchSpool spool,
    BatchTracing tracing,
    TimeProvider clock,
    ILogger<PeerGrain> logger) : Grain, IPeerGrain, IGrainMigrationParticipant
{
    /// <summary>The name under which the silo registers the storage of policy.</summary>
    public const string StorageName = "policy";

    private const string StateName = "overrides";

    private const string MovedSessionsKey = "sessions";

    private static readonly TimeSpan MinSweepDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>How long the store may take: below the time of a call, so that the caller hears of it and the grain's turn ends.</summary>
    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(4);

    private readonly Admission _admission = new(admission, policy);
    private readonly BatchEntries _entries = new(placement.MoveAfter);
    private readonly long _activatedAt = clock.GetTimestamp();
    private MovedSession[] _movedSessions = [];
    private readonly DateTimeOffset _activatedOn = clock.GetUtcNow();
    private GrainState<PeerPolicyState>? _scope;
    private SessionBook _book = null!;
    private PeerId _peer;
    private PeerRates _rates = null!;
    private IGrainTimer? _sweep;
    private DateTimeOffset _sweepAt = DateTimeOffset.MaxValue;
    private long _batches;
    private long _messages;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        if (!PeerId.TryParse(key, out _peer) && !CidrBlock.TryParse(key, out _))
        {
            throw new ArgumentException($"'{key}' is no peer: neither an address nor a block of them nor 'unix'.");
        }

        _rates = new PeerRates(key, limits);
        _book = new SessionBook(Judge);
        foreach (var session in _movedSessions)
        {
            _book.Open(session.Request, session.Edge, session.OpenedAt, session.LastActivity);
        }

        _movedSessions = [];
        ScheduleSweep(_book.NextDeadline);
        return Task.CompletedTask;
    }

    /// <summary>Sessions go along, those that are silent, too: limits are of all. What a rate has left does not: a move comes seldom.</summary>
    public void OnDehydrate(IDehydrationContext dehydrationContext) => dehydrationContext.TryAddValue(MovedSessionsKey, _book.ToMove());

    public void OnRehydrate(IRehydrationContext rehydrationContext) => _movedSessions = rehydrationContext.TryGetValue<MovedSession[]>(MovedSessionsKey, out var sessions) ? sessions! : [];

    public ValueTask<SessionAnswer> OpenSessionAsync(SessionRequest request, IEdgeObserver edge, CancellationToken cancellationToken)
    {
        var standing = Judge(request.Listen, request.IsAdmittedByTls);
        if (standing.Refusal is { } refusal)
        {
            return new(refusal);
        }

        // A session that is in the book, or was before the book was lost, takes no place that it did not have.
        if (limits.MaxSessions > 0 && _book.Count >= limits.MaxSessions && !request.WasOpened && !_book.Has(request.Session))
        {
            return new(new SessionRefused(
                $"4.3.2 too many sessions of peer {_peer.Key}: {_book.Count + 1} > {limits.MaxSessions} (Grid:Limits:MaxSessionsPerPeer)",
                "MaxSessionsPerPeer"));
        }

        var now = Now;
        _book.Open(request, edge, now, now);
        ScheduleSweep(now + standing.IdleTime + SessionBook.Grace);
        return new(new SessionOpened(policy.Overrides.Version));
    }

    public async ValueTask<BatchVerdict> AcceptAsync(MailBatch batch, CancellationToken cancellationToken)
    {
        using var span = tracing.Start("ecstream.accept", batch.Id);
        span?.SetTag("ecstream.peer", _peer.Key);
        instruments.Handed(batch.Length, batch.EnteredAt is not null);
        var (leave, session) = Judge(batch.Id, batch.Listen, batch.Count, batch.Length, isElsewhere: batch.EnteredAt is not null);
        if (leave.Status != BatchStatus.Accepted)
        {
            Release(batch);
            return leave;
        }

        if (session is not null)
        {
            session.UnderWay++;
        }

        SpoolAnswer answer;
        try
        {
            answer = await spool.AppendAsync(_peer, batch, cancellationToken);
        }
        finally
        {
            if (session is not null)
            {
                session.UnderWay--;
            }
        }

        // The time until the reply was owed to the client: it was not idle.
        _book.Touch(batch.Id.Session, Now);
        var count = batch.Count;
        Note(batch.EnteredAt, batch.Length);
        Release(batch);
        if (answer.IsDurable)
        {
            _batches++;
            _messages += count;
        }

        return (leave with { PolicyVersion = policy.Overrides.Version, Pause = Pause() }).With(answer);
    }

    public ValueTask<BatchVerdict> AdmitAsync(BatchClaim claim, CancellationToken cancellationToken)
    {
        var id = new BatchId(claim.Session, claim.Sequence);
        using var span = tracing.Start("ecstream.admit", id);
        span?.SetTag("ecstream.peer", _peer.Key);
        instruments.Claimed(claim.Bytes);
        _batches += claim.TakenBatches;
        _messages += claim.TakenMessages;
        var isElsewhere = !claim.EnteredAt.Equals(GrainContext.Address.SiloAddress);
        var (leave, _) = Judge(id, claim.Listen, claim.Messages, claim.Bytes, isElsewhere);
        if (leave.Status == BatchStatus.Accepted)
        {
            Note(isElsewhere ? claim.EnteredAt : null, claim.Bytes);
        }

        return new(leave);
    }

    public ValueTask ReportActivityAsync(Guid session, TimeSpan idleFor, CancellationToken cancellationToken)
    {
        _book.Touch(session, Now - idleFor);
        return default;
    }

    public ValueTask CloseSessionAsync(Guid session, CancellationToken cancellationToken)
    {
        _book.Close(session);
        if (_book.Count == 0)
        {
            // Nothing is left to watch, and a tick would count as a sign of life of the grain.
            _sweepAt = DateTimeOffset.MaxValue;
            _sweep?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        return default;
    }

    public async ValueTask ApplyAsync(string listen, PeerOverride value, long version, CancellationToken cancellationToken)
    {
        try
        {
            var scope = _scope ?? await ReadScopeAsync(cancellationToken);
            while (!scope.State!.Places.TryGetValue(listen, out var stored) || stored.Version < version)
            {
                scope.State = new PeerPolicyState { Places = new(scope.State.Places) { [listen] = new StoredOverride { Value = value, Version = version } } };
                try
                {
                    await storage.WriteStateAsync(StateName, this.GetGrainId(), scope).WaitAsync(StorePatience, clock, cancellationToken);
                }
                catch (InconsistentStateException)
                {
                    // Another cluster on the same store has been here: perhaps with this very version.
                    scope = await ReadScopeAsync(cancellationToken);
                }
            }
        }
        catch (Exception error)
        {
            // What is stored is in doubt, and a write that is late may still change what it was given: whoever comes next reads it anew.
            _scope = null;
            LogScopeNotWritten(error, this.GetPrimaryKeyString());
            throw;
        }
    }

    public async ValueTask<IReadOnlyList<ScopeState>> GetScopeAsync(CancellationToken cancellationToken)
    {
        // What another cluster has stored is not in this one's memory, and who writes next goes by what is answered here.
        try
        {
            var scope = await ReadScopeAsync(cancellationToken);
            return [.. scope.State!.Places.Select(place => new ScopeState(place.Key, place.Value.Value, place.Value.Version))];
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            throw PolicyStoreException.NotRead(error);
        }
    }

    public ValueTask<PeerBook> GetBookAsync(CancellationToken cancellationToken) =>
        new(new PeerBook([.. _book.Sessions.Select(ByTheWall)], _batches, _messages, _book.LastActivity + Drift));

    private async Task<GrainState<PeerPolicyState>> ReadScopeAsync(CancellationToken cancellationToken)
    {
        _scope = null;
        var scope = new GrainState<PeerPolicyState>(new PeerPolicyState());
        await storage.ReadStateAsync(StateName, this.GetGrainId(), scope).WaitAsync(StorePatience, clock, cancellationToken);
        scope.State ??= new PeerPolicyState();
        return _scope = scope;
    }

    private TimeSpan SinceActivation => clock.GetElapsedTime(_activatedAt);

    /// <summary>The book's time: it starts as the wall clock's and takes no part in its jumps, or a session would be idle by one.</summary>
    private DateTimeOffset Now => _activatedOn + SinceActivation;

    private TimeSpan Drift => clock.GetUtcNow() - Now;

    private BookedSession ByTheWall(BookedSession session) => session with { OpenedAt = session.OpenedAt + Drift, LastActivity = session.LastActivity + Drift };

    private TimeSpan Pause() => _rates.IsLimited ? _rates.Pause(SinceActivation) : TimeSpan.Zero;

    /// <summary>What policy, admission and rates say of a batch, before anything of it reaches a disk.</summary>
    private (BatchVerdict Leave, SessionBook.Entry? Session) Judge(BatchId id, string listen, int messages, long bytes, bool isElsewhere)
    {
        var session = _book.Touch(id.Session, Now);
        var leave = new BatchVerdict(
            BatchStatus.Accepted, SpoolId: null, RecordNumber: 0, Text: null, policy.Overrides.Version, IsSessionKnown: session is not null, IsElsewhere: isElsewhere);
        var standing = session is null ? Judge(listen, isAdmittedByTls: false) : _book.StandingOf(session);
        if (standing.Refusal is { } refusal)
        {
            // A session that could not be opened, or what it was opened under holds no more. What a certificate has proven is in no
            // batch: the edge opens a session that is not known anew and asks again.
            return (leave with { Status = BatchStatus.Deferred, Text = refusal.Text, Limit = refusal.Limit }, session);
        }

        var deferral = _rates.IsLimited ? Weigh(session, id.Sequence, messages, bytes) : null;
        leave = leave with { Pause = Pause() };
        return (deferral is { } over ? leave with { Status = over.Status, Text = over.Text, Limit = over.Limit } : leave, session);
    }

    // A batch that has passed once may be durable: asked for again it goes to the spool, which knows, and takes nothing.
    private BatchVerdict? Weigh(SessionBook.Entry? session, long sequence, int messages, long bytes)
    {
        if (session is not null && session.HasPassed(sequence))
        {
            return null;
        }

        var deferral = _rates.Take(messages, bytes, SinceActivation);
        if (deferral is null)
        {
            session?.Pass(sequence);
        }

        return deferral;
    }

    private void Note(SiloAddress? enteredAt, long bytes)
    {
        if (_entries.Note(enteredAt, bytes, SinceActivation) is { } silo)
        {
            MoveTo(silo);
        }
    }

    // Batches under way are answered first, those that come meanwhile are sent on.
    private void MoveTo(SiloAddress silo)
    {
        LogMoving(_peer.Key, silo);
        instruments.Moved();
        RequestContext.Set(IPlacementDirector.PlacementHintKey, silo);
        MigrateOnIdle();
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);
    }

    private SessionStanding Judge(string listen, bool isAdmittedByTls) => new(policy, _admission, _peer, listen, isAdmittedByTls);

    // A batch that came over the wire is the grain's own; one of this process belongs to the edge that made it.
    private static void Release(MailBatch batch)
    {
        if (batch.IsReceived)
        {
            batch.Release();
        }
    }

    // One timer a grain, set to the next deadline: a hundred thousand idle peers cost no tick.
    private void ScheduleSweep(DateTimeOffset? deadline)
    {
        if (deadline is not { } at || at >= _sweepAt)
        {
            return;
        }

        _sweepAt = at;
        var due = at - Now;
        due = due < MinSweepDelay ? MinSweepDelay : due;
        if (_sweep is null)
        {
            _sweep = this.RegisterGrainTimer(SweepAsync, new GrainTimerCreationOptions { DueTime = due, Period = Timeout.InfiniteTimeSpan });
        }
        else
        {
            _sweep.Change(due, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        _sweepAt = DateTimeOffset.MaxValue;
        foreach (var (session, entry) in _book.TakeIdle(Now))
        {
            LogIdleByTheBook(_peer.Key, session, entry.Edge, _book.StandingOf(entry).IdleTime.TotalSeconds);
            try
            {
                await entry.Observer.CloseIdleAsync(_peer.Key, session, _book.StandingOf(entry).IdleTime);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // Best effort: the order is given again at the next deadline, and an edge that is gone loses its sessions.
                LogOrderNotSent(error, _peer.Key, session, entry.Edge);
            }
        }

        ScheduleSweep(_book.NextDeadline);
    }

    [LoggerMessage(100, LogLevel.Debug, "Peer {Peer}: session {Session} on edge {Edge} is idle by the book ({IdleSeconds} s); asking the edge to close it")]
    private partial void LogIdleByTheBook(string peer, Guid session, string edge, double idleSeconds);

    [LoggerMessage(101, LogLevel.Debug, "Peer {Peer}: the order to close session {Session} did not reach edge {Edge}")]
    private partial void LogOrderNotSent(Exception error, string peer, Guid session, string edge);

    [LoggerMessage(103, LogLevel.Information, "Peer {Peer}: most of its mail enters at {Silo}; its grain moves there")]
    private partial void LogMoving(string peer, SiloAddress silo);

    [LoggerMessage(102, LogLevel.Error, "Peer scope {Scope}: its state could not be written; it is read again before the next")]
    private partial void LogScopeNotWritten(Exception error, string scope);
}
