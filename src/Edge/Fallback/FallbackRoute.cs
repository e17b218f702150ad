using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Edge.Fallback;

/// <summary>
/// Knows whether sessions are passed on to other datacentres, and to which: when the own cluster has been out of reach for
/// <see cref="FallbackOptions.After"/> and a listener of theirs can be reached, until the own one can be again.
/// </summary>
public sealed partial class FallbackRoute
{
    /// <summary>How often it is looked at.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>A listener that has been reached is not tried before this has passed: sessions find out, too.</summary>
    private static readonly TimeSpan ProbePeriod = TimeSpan.FromSeconds(5);

    private readonly FallbackOptions _options;
    private readonly IReadOnlyList<FallbackListener> _listeners;
    private readonly IGridAccess _grid;
    private readonly EdgeInstruments _instruments;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private FallbackTls? _tls;
    private long? _outSince;
    private bool _isNobodyLogged;
    private long _reachedAt;
    private int _last;
    private volatile bool _isActive;
    private volatile bool _isInDoubt;
    private volatile FallbackListener? _reached;
    private volatile string? _trouble;
    private int _passed;

    /// <summary>A route that nothing takes yet.</summary>
    /// <param name="options">Where to; they have no errors.</param>
    /// <param name="grid">The own cluster.</param>
    /// <param name="instruments">Counts.</param>
    /// <param name="clock">The time.</param>
    /// <param name="logger">Says once when it begins and ends.</param>
    public FallbackRoute(FallbackOptions options, IGridAccess grid, EdgeInstruments instruments, TimeProvider clock, ILogger<FallbackRoute> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _grid, _instruments, _clock, _logger) = (options, grid, instruments, clock, logger);
        _listeners = options.IsOn ? options.ReadListeners([]) : [];
        _tls = options.HasTls ? FallbackTls.TryLoad(options, []) : null;
    }

    /// <summary>Whether new sessions are passed on.</summary>
    public bool IsOpen => IsActive && _reached is not null;

    /// <summary>Why sessions are not passed on although the own cluster has been out of reach for long enough; null if they are, or it has not.</summary>
    public string? Trouble => IsActive && _reached is null ? _trouble : null;

    /// <summary>What whoever runs the edge should know while it takes mail; null if there is nothing.</summary>
    public string? Warning =>
        IsActive && _reached is { } listener ? $"cluster: {_grid.Obstacle}; sessions are passed on to {listener}"
        : Passed is > 0 and var passed ? $"{passed} sessions that were passed on to another datacentre go on to their end"
        : null;

    /// <summary>Sessions that are passed on now.</summary>
    public int Passed => Volatile.Read(ref _passed);

    internal bool IsOn => _options.IsOn;

    private bool IsActive => _isActive && _grid.Obstacle is not null;

    /// <summary>
    /// Whether a session is passed on. Not one that was passed on to this edge: it would go in circles. Not one of a Unix socket, which has no address that
    /// could be told, and one from loopback to this machine only, since it means another machine anywhere else. Not one that is refused here.
    /// </summary>
    internal bool Takes(EdgeConnection connection) =>
        IsOpen && connection is { PassedOn: null, Source: not null, Destination: not null, Refusal: null } && (!connection.Peer.IsLocal || _listeners.Any(listener => listener.IsLocal));

    /// <summary>Passes a session on and stays until it ends.</summary>
    /// <returns>False if nobody could be reached: nothing was read of it.</returns>
    internal async Task<bool> TryPassAsync(EdgeConnection client, EdgeServices edge)
    {
        var header = ProxyHeaderWriter.PassedOn(client.Source!, client.Destination!, new PassedPeer(client.VerifiedSubject, client.IsAdmittedByTls));
        var there = await ConnectAsync(header, client.Peer.IsLocal, client.Draining);
        if (there is null)
        {
            _isInDoubt = true;
            return false;
        }

        await using var connection = there;
        using var session = new PassedSession(client, there, edge);
        var (started, over) = (_clock.GetTimestamp(), client.Over);
        Interlocked.Increment(ref _passed);
        _instruments.SessionPassedOn();
        LogPassedOn(client.Peer.Key, client.Listen.Address, over, there.Listener);
        var end = PassedEnd.Lost;
        try
        {
            end = await session.RunAsync();
        }
        finally
        {
            Interlocked.Decrement(ref _passed);
            _instruments.PassedSessionEnded(end.ToString());
            var level = session.Sent == 0 && end is PassedEnd.Closed or PassedEnd.Reset ? LogLevel.Debug : LogLevel.Information;
            var seconds = _clock.GetElapsedTime(started).TotalSeconds;
            LogPassedEnd(level, client.Peer.Key, client.Listen.Address, over, there.Listener, end, session.Sent, session.Received, seconds);
        }

        return true;
    }

    /// <summary>Looks whether an outage has begun or ended, and during one whether a listener can be reached.</summary>
    internal async Task JudgeAsync(CancellationToken cancellationToken)
    {
        if (_grid.Obstacle is not { } obstacle)
        {
            End();
            return;
        }

        _outSince ??= _clock.GetTimestamp();
        if (!_isActive)
        {
            if (_clock.GetElapsedTime(_outSince.Value) < _options.After)
            {
                return;
            }

            Begin(obstacle);
        }

        if (_reached is null || _isInDoubt || _clock.GetElapsedTime(_reachedAt) >= ProbePeriod)
        {
            _isInDoubt = false;
            await ProbeAsync(cancellationToken);
        }
    }

    private void Begin(string obstacle)
    {
        if (_options.HasTls)
        {
            // Outages are rare: by now the certificate may be another.
            var errors = new List<string>();
            _tls = FallbackTls.TryLoad(_options, errors) ?? _tls;
            errors.ForEach(LogNotRead);
        }

        (_reached, _trouble, _isNobodyLogged) = (null, "no listener has been tried yet", false);
        _isActive = true;
        _instruments.IsFallbackActive = true;
        LogBegins(_clock.GetElapsedTime(_outSince!.Value).TotalSeconds, obstacle);
    }

    private void End()
    {
        _outSince = null;
        if (_isActive)
        {
            _isActive = false;
            _instruments.IsFallbackActive = false;
            LogEnds(Passed);
        }
    }

    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        var before = _reached;
        await using var connection = await ConnectAsync(ProxyHeaderWriter.Local(), isLocalOnly: false, cancellationToken);
        if (connection is null)
        {
            _reached = null;
            if (!_isNobodyLogged)
            {
                LogNobody(_trouble!);
            }
        }
        else if (before != connection.Listener)
        {
            LogReached(connection.Listener);
        }

        _isNobodyLogged = connection is null;
    }

    // From the last that worked on, each once.
    private async Task<FallbackConnection?> ConnectAsync(byte[] header, bool isLocalOnly, CancellationToken cancellationToken)
    {
        var errors = new List<string>();
        var first = Volatile.Read(ref _last);
        for (var i = 0; i < _listeners.Count; i++)
        {
            var place = (first + i) % _listeners.Count;
            var listener = _listeners[place];
            if (isLocalOnly && !listener.IsLocal)
            {
                continue;
            }

            var (connection, error) = await ConnectAsync(listener, header, cancellationToken);
            if (connection is not null)
            {
                Volatile.Write(ref _last, place);
                Volatile.Write(ref _reachedAt, _clock.GetTimestamp());
                _reached = listener;
                return connection;
            }

            _instruments.FallbackFailed();
            errors.Add($"{listener}: {error}");
        }

        _trouble = string.Join("; ", errors);
        return null;
    }

    private async Task<(FallbackConnection? Connection, string? Error)> ConnectAsync(FallbackListener listener, byte[] header, CancellationToken cancellationToken)
    {
        using var time = new CancellationTokenSource(_options.ConnectTime, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        try
        {
            return await FallbackConnection.ConnectAsync(listener, header, _tls?.For(listener, _clock), either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"no answer within {_options.ConnectTime.TotalSeconds} s (Grid:Fallback:ConnectTime)");
        }
    }

    [LoggerMessage(250, LogLevel.Warning, "Fallback begins: the cluster has been out of reach for {Seconds:F0} s: {Obstacle}. Sessions are passed on to other datacentres, those that are open end between packages to come again")]
    private partial void LogBegins(double seconds, string obstacle);

    [LoggerMessage(251, LogLevel.Information, "Fallback: {Listener} is reached")]
    private partial void LogReached(FallbackListener listener);

    [LoggerMessage(252, LogLevel.Error, "Fallback: no other datacentre can be reached, mail is put off: {Trouble}. It is tried again every second")]
    private partial void LogNobody(string trouble);

    [LoggerMessage(253, LogLevel.Information, "Fallback ends: the cluster is in reach again; {Sessions} sessions that were passed on go on to their end")]
    private partial void LogEnds(int sessions);

    [LoggerMessage(254, LogLevel.Warning, "{Error} The certificate that was read before is used")]
    private partial void LogNotRead(string error);

    [LoggerMessage(255, LogLevel.Debug, "Session of peer {Peer} on {Listen}{Over} is passed on to {Listener}")]
    private partial void LogPassedOn(string peer, string listen, string over, FallbackListener listener);

    [LoggerMessage(EventId = 256, Message = "Session of peer {Peer} on {Listen}{Over} was passed on to {Listener} and ended: {End}; {Sent} bytes there, {Received} bytes back in {Seconds:F3} s")]
    private partial void LogPassedEnd(LogLevel level, string peer, string listen, string over, FallbackListener listener, PassedEnd end, long sent, long received, double seconds);
}
