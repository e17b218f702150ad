using System.Threading.Channels;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grains.Policy;

/// <summary>
/// Keeps a node's <see cref="LivePolicy"/> in step with the log: told of changes by the <see cref="IPolicyGrain"/>, asking where
/// something may have been missed, and dropping what has ended. Cut off from the grain it goes on with what it knows.
/// </summary>
public sealed partial class PolicyFollower : BackgroundService
{
    /// <summary>A node that has not called for this long is taken for gone.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>How often a node calls. A push that was lost is made good by then.</summary>
    public static readonly TimeSpan CallPeriod = TimeSpan.FromSeconds(5);

    /// <summary>How long a start waits for the first answer: then it goes on without, and the node is not ready.</summary>
    public static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(10);

    private const int PagesTogether = 10;

    private const string NotReadYet = "not read yet";

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly Channel<IReadOnlyList<PolicyEntry>> _pushed = Channel.CreateBounded<IReadOnlyList<PolicyEntry>>(
        new BoundedChannelOptions(256) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });

    private readonly TaskCompletionSource _inStep = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LivePolicy _policy;
    private readonly Func<IPolicyGrain> _grain;
    private readonly Func<IPolicyObserver, IPolicyObserver> _referTo;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private IPolicyObserver? _observer;
    private Observer? _target;
    private OverrideSet _all = OverrideSet.Empty;
    private volatile string? _trouble = NotReadYet;
    private bool _isStoreAway;

    /// <summary>A follower that does not follow yet.</summary>
    /// <param name="policy">What is kept in step.</param>
    /// <param name="grains">The grid.</param>
    /// <param name="clock">The time.</param>
    /// <param name="logger">Takes what goes wrong, once.</param>
    public PolicyFollower(LivePolicy policy, IGrainFactory grains, TimeProvider clock, ILogger<PolicyFollower> logger)
        : this(policy, () => grains.GetGrain<IPolicyGrain>(0), grains.CreateObjectReference<IPolicyObserver>, clock, logger)
    {
    }

    internal PolicyFollower(
        LivePolicy policy, Func<IPolicyGrain> grain, Func<IPolicyObserver, IPolicyObserver> referTo, TimeProvider clock, ILogger logger) =>
        (_policy, _grain, _referTo, _clock, _logger) = (policy, grain, referTo, clock, logger);

    /// <summary>The name that this node follows under: host, process and a random part, since two may be alike in the first two.</summary>
    public string Node { get; } = $"{Environment.MachineName}/{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..6]}";

    /// <summary>Whether the node knows what operators have set, if perhaps not their latest change.</summary>
    public bool HasBeenInStep => _inStep.Task.IsCompletedSuccessfully;

    /// <summary>Why the node may not go by the latest version; null if all is well.</summary>
    public string? Trouble => _trouble;

    /// <summary>Somewhere a version was seen that this node may not have.</summary>
    /// <param name="version">The version.</param>
    public void Saw(long version)
    {
        if (version > _policy.Overrides.Version)
        {
            _pushed.Writer.TryWrite([]);
        }
    }

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        try
        {
            await _inStep.Task.WaitAsync(StartPatience, _clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            LogStartedWithout(_trouble ?? "no answer");
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await Grain.LeaveAsync(Node, cancellationToken);
        }
        catch (Exception error)
        {
            // The lease ends by itself.
            LogNotLeft(error);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var wait = CallPeriod;
            try
            {
                await CallAsync(stoppingToken);
                if (await AskTroubleAsync(stoppingToken) is { } trouble)
                {
                    // Also where a grain that did not answer before now does, and has no store.
                    if (!_isStoreAway)
                    {
                        LogStoreAway(_all.Version, trouble);
                    }

                    (_trouble, _isStoreAway, wait) = (trouble, true, Retry);
                }
                else if (_trouble is not null)
                {
                    (_trouble, _isStoreAway) = (null, false);
                    LogInStep(_all.Version);
                }

                _inStep.TrySetResult();
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                if (_trouble is null or NotReadYet)
                {
                    LogOutOfStep(error, _all.Version);
                }

                (_trouble, wait) = (error.Message, Retry);
            }

            await WaitAsync(wait, stoppingToken);
        }
    }

    private IPolicyGrain Grain => _grain();

    private async Task CallAsync(CancellationToken cancellationToken)
    {
        _target ??= new Observer(_pushed.Writer);
        _observer ??= _referTo(_target);
        var head = await AskAsync(Grain.FollowAsync(Node, _all.Version, _observer, cancellationToken), cancellationToken);
        while (_all.Version < head)
        {
            // Several pages are taken together: each replay shares the whole set with the one before, at a price.
            var entries = new List<PolicyEntry>();
            while (_all.Version + entries.Count < head && entries.Count < PagesTogether * PolicyGrain.PageSize)
            {
                var page = await AskAsync(Grain.ReadAsync(_all.Version + entries.Count, PolicyGrain.PageSize, cancellationToken), cancellationToken);
                if (page.Count == 0)
                {
                    throw new InvalidOperationException($"The policy is said to be at version {head}, but its log ends at {_all.Version + entries.Count}.");
                }

                entries.AddRange(page);
            }

            Take(entries);
        }
    }

    // Whether the grain itself can read the log. It is of this cluster; another that shares the log may go on changing it.
    private async Task<string?> AskTroubleAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(Grain.GetTroubleAsync(cancellationToken), cancellationToken);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            // A grain of an earlier version does not know the question, and one that is gone is missed at the next call.
            LogTroubleNotKnown(error);
            return null;
        }
    }

    private async ValueTask<long> ConfirmAsync(CancellationToken cancellationToken)
    {
        await Grain.ConfirmAsync(Node, _all.Version, cancellationToken);
        return _all.Version;
    }

    // A grid that does not answer must not keep in effect what ends meanwhile.
    private async Task<T> AskAsync<T>(ValueTask<T> question, CancellationToken cancellationToken)
    {
        var answer = question.AsTask();
        while (!answer.IsCompleted && _policy.Overrides.NextExpiry is { } expiry)
        {
            using var answered = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var now = _clock.GetUtcNow();
            var due = expiry < now ? now : expiry < now + CallPeriod ? expiry : now + CallPeriod;
            await Task.WhenAny(answer, Task.Delay(due - now, _clock, answered.Token));
            await answered.CancelAsync();
            DropEnded();
        }

        return await answer.WaitAsync(cancellationToken);
    }

    // Until the next call is due, takes what is pushed and drops what ends.
    private async Task WaitAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        while (wait - _clock.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
        {
            // An override ends by the wall clock, the wait does not: the clock may be set back by an hour meanwhile.
            var due = _policy.Overrides.NextExpiry - _clock.GetUtcNow() is { } ends && ends < left ? ends : left;
            using var timeout = new CancellationTokenSource(due > TimeSpan.Zero ? due : TimeSpan.Zero, _clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                var entries = await _pushed.Reader.ReadAsync(either.Token);
                if (!TryTakePushed(entries))
                {
                    return;
                }

                await AskAsync(ConfirmAsync(cancellationToken), cancellationToken);
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                DropEnded();
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // The next call confirms, too.
                LogNotConfirmed(error);
                return;
            }
        }
    }

    // False if something is missing before them: then the grain is asked at once.
    private bool TryTakePushed(IReadOnlyList<PolicyEntry> entries)
    {
        var next = entries.SkipWhile(entry => entry.Version <= _all.Version).ToArray();
        if (next.Length == 0)
        {
            return entries.Count > 0;
        }

        if (next[0].Version != _all.Version + 1)
        {
            return false;
        }

        Take(next);
        return true;
    }

    private void Take(IReadOnlyList<PolicyEntry> entries)
    {
        _all = PolicyReplay.Apply(_all, entries, out var changed);
        _all = _all.At(_clock.GetUtcNow(), out var ended);
        _policy.Swap(_all, [.. changed, .. ended]);
    }

    private void DropEnded()
    {
        _all = _all.At(_clock.GetUtcNow(), out var ended);
        if (ended.Count > 0)
        {
            _policy.Swap(_all, ended);
        }
    }

    [LoggerMessage(120, LogLevel.Information, "Policy: in step at version {Version}")]
    private partial void LogInStep(long version);

    [LoggerMessage(121, LogLevel.Warning, "Policy: the grid cannot be asked; going on with version {Version}")]
    private partial void LogOutOfStep(Exception error, long version);

    [LoggerMessage(125, LogLevel.Warning, "Policy: going on with version {Version}, perhaps not the latest: {Trouble}")]
    private partial void LogStoreAway(long version, string trouble);

    [LoggerMessage(126, LogLevel.Debug, "Policy: whether its store answers could not be asked")]
    private partial void LogTroubleNotKnown(Exception error);

    [LoggerMessage(122, LogLevel.Error, "Policy: started without what operators have set: {Trouble}")]
    private partial void LogStartedWithout(string trouble);

    [LoggerMessage(123, LogLevel.Debug, "Policy: the version could not be confirmed")]
    private partial void LogNotConfirmed(Exception error);

    [LoggerMessage(124, LogLevel.Debug, "Policy: could not say that this node goes")]
    private partial void LogNotLeft(Exception error);

    private sealed class Observer(ChannelWriter<IReadOnlyList<PolicyEntry>> pushed) : IPolicyObserver
    {
        public ValueTask PushAsync(IReadOnlyList<PolicyEntry> entries)
        {
            pushed.TryWrite(entries);
            return default;
        }
    }
}
