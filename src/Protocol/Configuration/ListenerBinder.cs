namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Gathers what the parts of ECStream_Listener hold: its own options, its Listens and the Peer scopes of both.</summary>
internal sealed class ListenerBinder(BindingContext context)
{
    private readonly Container _listener = new(context, ScopePath.Listener);
    private readonly List<Listen> _listens = [];
    private readonly Dictionary<string, Listen> _listensBySpelling = new(StringComparer.Ordinal);
    private readonly Dictionary<ListenTarget, Listen> _listensByTarget = [];
    private ConfigScope? _first;
    private bool _sawListen;

    public void Bind(ConfigScope scope)
    {
        context.Refusals.ExpectAnonymous(scope);
        _first ??= scope;
        foreach (var node in scope.Children)
        {
            if (node is ConfigScope listen && listen.IsNamed(Vocabulary.Listen))
            {
                _sawListen = true;
                BindListen(listen);
            }
            else if (!_listener.TryBind(node))
            {
                context.Refusals.Refuse(node, Vocabulary.Listener);
            }
        }
    }

    public GridConfiguration Resolve(PathwayBinder pathways, PolicyLevel global, ListenSocketOptions globalSocket, GatewayOptions? gateway)
    {
        var level = _listener.Level;
        var socket = _listener.Socket.Over(globalSocket);
        var pathway = pathways.Resolve(_listener.Pathways);
        return new GridConfiguration([.. _listens.Select(l => Resolve(l, level, socket, pathway, pathways, global))], gateway, level, global)
        {
            Peers = _listener.Peers,
            Pathway = pathway,
        };
    }

    public void CheckThatSomethingListens(ConfigDocument document)
    {
        if (!context.IsWhole)
        {
            return;
        }

        if (_first is null)
        {
            context.Diagnostics.Error(
                new SourceLocation(document.File, 1, 1),
                "nothing would listen: expected ECStream_Listener { Listen \"127.0.0.1:1825\" { } }",
                expected: Vocabulary.Listener);
        }
        else if (_listens.Count > 0 && _listens.All(l => !l.Content.Socket.Over(_listener.Socket.Over(ListenSocketOptions.Default)).Enable))
        {
            context.Diagnostics.Error(
                _first.Location, "nothing would listen: every Listen has Enable = false", _first.Name, "a Listen that is enabled");
        }
        else if (!_sawListen)
        {
            context.Diagnostics.Error(
                _first.Location,
                "nothing would listen: ECStream_Listener holds no Listen; expected for example Listen \"127.0.0.1:1825\" { }",
                _first.Name,
                Vocabulary.Listen);
        }
    }

    private static ListenEndpointOptions Resolve(
        Listen listen, PolicyLevel listener, ListenSocketOptions listenersSocket, PathwayOptions? listenersPathway, PathwayBinder pathways, PolicyLevel global)
    {
        var level = listen.Content.Level;
        var pathway = listen.Content.Pathways is { Count: > 0 } own ? pathways.Resolve(own) : listenersPathway;
        var policy = PolicyEvaluator.Resolve(level, listener, pathway, global);
        return new ListenEndpointOptions(listen.Scope.Instance!, listen.Target.EndPoint, level, policy.IdleTime, policy.MaxBatchSize)
        {
            Path = listen.Target.Path,
            Socket = listen.Content.Socket.Over(listenersSocket),
            Peers = listen.Content.Peers,
            Pathway = pathway,
        };
    }

    private void BindListen(ConfigScope scope)
    {
        var content = FindOrAdd(scope)?.Content ?? new Container(context, "");
        foreach (var node in scope.Children)
        {
            if (!content.TryBind(node))
            {
                context.Refusals.Refuse(node, Vocabulary.Listen);
            }
        }

        WarnOfWhatHasNoMeaning(scope, content.Socket);
    }

    private void WarnOfWhatHasNoMeaning(ConfigScope scope, SocketBinder socket)
    {
        var isPath = scope.Instance?.StartsWith('/') == true;
        if ((isPath ? socket.TcpOnly : socket.UnixOnly) is { } option)
        {
            context.Diagnostics.Warning(
                option.Location,
                $"{option.Name} has no meaning for {(isPath ? "a Unix socket" : "a TCP Listen")}: it is not used here",
                option.Name);
        }
    }

    // Null if the address is bad: the content is then checked all the same.
    private Listen? FindOrAdd(ConfigScope scope)
    {
        if (scope.Instance is null)
        {
            context.Diagnostics.Error(
                scope.Location, "Listen needs an address, as in Listen \"127.0.0.1:1825\" { }", scope.Name, "an address");
            return null;
        }

        if (_listensBySpelling.TryGetValue(scope.Instance, out var same))
        {
            return same;
        }

        if (!ListenAddress.TryParse(scope.Instance, out var target, out var error))
        {
            context.Diagnostics.Error(scope.InstanceLocation, error, scope.Instance, "an address and a port, or a path");
            return null;
        }

        if (target.IsUnique && _listensByTarget.TryGetValue(target, out var twin))
        {
            context.Diagnostics.Error(
                scope.InstanceLocation,
                $"Listen \"{scope.Instance}\" is the same socket as Listen \"{twin.Scope.Instance}\" at {twin.Scope.InstanceLocation}",
                scope.Instance,
                "each socket once");
            return null;
        }

        var origin = ScopePath.Of(ScopePath.Listener, Vocabulary.Listen, scope.Instance);
        var listen = new Listen(scope, target, new Container(context, origin));
        _listens.Add(listen);
        _listensBySpelling.Add(scope.Instance, listen);
        _listensByTarget.TryAdd(target, listen);
        return listen;
    }

    private sealed record Listen(ConfigScope Scope, ListenTarget Target, Container Content);

    /// <summary>What ECStream_Listener and Listen may hold alike.</summary>
    private sealed class Container(BindingContext context, string origin)
    {
        private readonly PolicyBinder _policy = new(context.Reader, origin);
        private readonly PeerBinder _peers = new(context, origin);

        public SocketBinder Socket { get; } = new(context.Reader);

        public PolicyLevel Level => _policy.Level;

        public PrefixTree<PolicyLevel> Peers => _peers.Tree;

        /// <summary>The pathways that the options name, of which the last counts.</summary>
        public List<ConfigScalar> Pathways { get; } = [];

        public bool TryBind(ConfigNode node)
        {
            switch (node)
            {
                case ConfigOption option when option.IsNamed(Vocabulary.Pathway):
                    if (context.Reader.Text(option) is { } name)
                    {
                        Pathways.Add(name);
                    }

                    return true;
                case ConfigOption option:
                    return _policy.TryBind(option) || Socket.TryBind(option);
                case ConfigScope scope when scope.IsNamed(Vocabulary.Peer):
                    _peers.Bind(scope);
                    return true;
                default:
                    return false;
            }
        }
    }
}
