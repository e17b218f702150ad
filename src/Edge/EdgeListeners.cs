using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Edge;

/// <summary>
/// The Listens of an edge. They are bound before anything else starts, each on its own: one that cannot be bound does not keep
/// the others from serving. Nobody can connect before the edge listens; from then on Listens come, go and change.
/// </summary>
public sealed class EdgeListeners : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly List<Task> _draining = [];
    private List<Entry> _entries = [];
    private SocketServer? _server;
    private TimeSpan _drainTime;
    private bool _isStopped;

    private EdgeListeners()
    {
    }

    /// <summary>How it stands with every Listen of the configuration, in its order.</summary>
    public IReadOnlyList<EdgeListener> All { get; private set; } = [];

    /// <summary>Binds every Listen that is enabled; at least one must be bound.</summary>
    /// <param name="listens">The Listens.</param>
    /// <exception cref="NoListenException">None could be.</exception>
    public static EdgeListeners BindAny(IEnumerable<ListenEndpointOptions> listens)
    {
        var listeners = Bind(listens);
        return listeners.All.Any(listener => listener.EndPoint is not null) ? listeners : throw new NoListenException(listeners.All);
    }

    /// <summary>Binds every Listen that is enabled.</summary>
    /// <param name="listens">The Listens.</param>
    public static EdgeListeners Bind(IEnumerable<ListenEndpointOptions> listens)
    {
        ArgumentNullException.ThrowIfNull(listens);
        var listeners = new EdgeListeners();
        listeners.Take(listens);
        return listeners;
    }

    /// <summary>
    /// Makes the Listens those of another configuration. What is the same socket in both stays bound and its sessions live on, whatever else
    /// changed; one that is gone or not enabled any more closes first, so that its address is free for those that come.
    /// </summary>
    /// <param name="next">The Listens.</param>
    /// <param name="cancellationToken">Ends the wait for a call before this one.</param>
    /// <returns>What changed, and what could not be. Sessions of closed Listens may still be ending.</returns>
    public async Task<IReadOnlyList<ListenChange>> ApplyAsync(IEnumerable<ListenEndpointOptions> next, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(next);
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return _isStopped ? [] : Log(Take(next));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Closes every Listen at once; sessions are cut off.</summary>
    public void Dispose()
    {
        _entries.ForEach(entry => entry.Bound?.Dispose());
        _turn.Dispose();
    }

    /// <summary>Listens on all that is bound.</summary>
    internal async Task StartAsync(SocketServer server, TimeSpan drainTime)
    {
        await _turn.WaitAsync();
        _server = server;
        _drainTime = drainTime;
        _entries.ForEach(Start);
        Publish();
        _turn.Release();
        foreach (var listen in All)
        {
            if (listen.EndPoint is { } endPoint)
            {
                server.Log.Listening(listen.Address, endPoint);
            }
            else if (listen.Socket.Enable)
            {
                server.Log.NotListening(listen.Address, listen.Error);
            }
        }
    }

    /// <summary>Closes every Listen; completes when all sessions have ended or were cut off.</summary>
    internal async Task StopAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(CancellationToken.None);
        _isStopped = true;
        _turn.Release();
        _entries.ForEach(entry => entry.Bound?.Close());
        await Task.WhenAll([.. _draining, .. _entries.Select(entry => entry.Bound?.DrainAsync(_drainTime, cancellationToken) ?? Task.CompletedTask)]);
    }

    private List<ListenChange> Take(IEnumerable<ListenEndpointOptions> next)
    {
        var before = _entries.ToDictionary(entry => entry.Key);
        _entries = Key(next);
        var changes = new List<ListenChange>();
        foreach (var entry in _entries)
        {
            if (entry.Options.Socket.Enable && before.TryGetValue(entry.Key, out var old) && old.Bound is { } bound)
            {
                entry.Bound = bound;
                entry.Old = old.Error is null ? old.Options : null;
                old.Bound = null;
            }
        }

        foreach (var gone in before.Values.Where(entry => entry.Bound is not null))
        {
            Close(gone.Bound!);
            changes.Add(new ListenChange(gone.Options.Address, ListenChangeKind.Closed, Error: null));
        }

        foreach (var entry in _entries.Where(entry => entry.Options.Socket.Enable))
        {
            if (entry.Bound is null)
            {
                Open(entry);
                changes.Add(Change(entry, ListenChangeKind.Opened));
            }
            else if (entry.Options != entry.Old)
            {
                Try(entry, () => entry.Bound.Apply(entry.Options));
                changes.Add(Change(entry, ListenChangeKind.Changed));
            }
        }

        Publish();
        return changes;
    }

    private void Open(Entry entry)
    {
        Try(entry, () => entry.Bound = BoundListen.Bind(entry.Options));
        Start(entry);
    }

    private void Start(Entry entry)
    {
        if (_server is { } server && entry.Bound is { } bound && !Try(entry, () => bound.Start(server)))
        {
            // Two sockets may bind one address, and only the first may listen.
            bound.Dispose();
            entry.Bound = null;
        }
    }

    private void Close(BoundListen bound)
    {
        bound.Close();
        _draining.RemoveAll(task => task.IsCompleted);
        _draining.Add(bound.DrainAsync(_drainTime, CancellationToken.None));
    }

    private List<ListenChange> Log(List<ListenChange> changes)
    {
        foreach (var change in changes)
        {
            if (change.Kind == ListenChangeKind.Failed)
            {
                _server?.Log.NotListening(change.Address, change.Error);
            }
            else
            {
                _server?.Log.ListenChanged(change.Address, change.Kind);
            }
        }

        return changes;
    }

    private void Publish() => All = [.. _entries.Select(entry =>
        new EdgeListener(entry.Options.Address, entry.Bound?.EndPoint, entry.Options.Socket, entry.Options.Socket.Enable ? entry.Error : "not enabled (Enable = false)"))];

    private static ListenChange Change(Entry entry, ListenChangeKind kind) =>
        new(entry.Options.Address, entry.Error is null ? kind : ListenChangeKind.Failed, entry.Error);

    private static bool Try(Entry entry, Action action)
    {
        if (entry.Options.Tls is { Credentials: null })
        {
            entry.Error = "Use_SSL is set, and no certificate was loaded";
            return false;
        }

        try
        {
            action();
            return true;
        }
        catch (Exception error) when (ListenError.Is(error))
        {
            entry.Error = ListenError.Describe(error);
            return false;
        }
    }

    // Any spelling of an address is one socket; port 0 is another socket each time, told apart by its place among its like.
    private static List<Entry> Key(IEnumerable<ListenEndpointOptions> listens)
    {
        var keys = new HashSet<(string, int)>();
        return [.. listens.Select(listen =>
        {
            var target = listen.Path ?? listen.EndPoint!.ToString();
            var place = 0;
            while (!keys.Add((target, place)))
            {
                place++;
            }

            return new Entry((target, place), listen);
        })];
    }

    private sealed class Entry((string Target, int Place) key, ListenEndpointOptions options)
    {
        public (string Target, int Place) Key => key;

        public ListenEndpointOptions Options => options;

        /// <summary>What the socket has taken on before: whether there is anything new for it.</summary>
        public ListenEndpointOptions? Old { get; set; }

        public BoundListen? Bound { get; set; }

        public string? Error { get; set; }
    }
}
