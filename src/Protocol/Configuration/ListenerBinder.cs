namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Gathers what the parts of ECStream_Listener hold: its own options, its Listens and the Peer scopes of both.</summary>
internal sealed class ListenerBinder(BindingContext context, AcceptBinder accept, TlsBinder tls)
{
    private static readonly OptionDefinition[] UnixOnly = [OptionDefinitions.FileMode];
    private static readonly OptionDefinition[] TcpOnly = [OptionDefinitions.DisableNagle, OptionDefinitions.ReceiveBuffer, OptionDefinitions.SendBuffer];

    private readonly Container _listener = new(context, Vocabulary.Listener, ScopePath.Listener);
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

    public GridConfiguration Resolve(PathwayBinder pathways, ScopeSettings global, GatewayOptions? gateway)
    {
        var pathway = pathways.Resolve(_listener.Pathways);
        return new GridConfiguration([.. _listens.Select(l => Resolve(l, pathway, pathways, global))], gateway, _listener.Settings.Level, global.Level)
        {
            Peers = _listener.Peers,
            Pathway = pathway?.Options,
        };
    }

    /// <summary>Tells which options do nothing; after all Listens were resolved.</summary>
    public void Finish()
    {
        tls.WarnOfIdle(_listener.Settings, "has no effect: Use_SSL is not set for any Listen");
        foreach (var listen in _listens)
        {
            tls.WarnOfIdle(listen.Content.Settings, $"has no effect: Use_SSL is not set for Listen \"{listen.Scope.Instance}\"");
            WarnOfWhatHasNoMeaning(listen);
        }
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
        else if (_listens.Count > 0 && _listens.All(l => !new SettingChain(l.Content.Settings, _listener.Settings).Get(OptionDefinitions.Enable, true)))
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

    private ListenEndpointOptions Resolve(Listen listen, ResolvedPathway? listenersPathway, PathwayBinder pathways, ScopeSettings global)
    {
        var address = listen.Scope.Instance!;
        var own = listen.Content.Settings;
        var pathway = listen.Content.Pathways is { Count: > 0 } names ? pathways.Resolve(names) : listenersPathway;
        var chain = new SettingChain(own, _listener.Settings, pathway?.Settings, pathway?.Group, global);
        var policy = PolicyEvaluator.Resolve(own.Level, _listener.Settings.Level, pathway?.Options, global.Level);
        return new ListenEndpointOptions(address, listen.Target.EndPoint, own.Level, policy.IdleTime, policy.MaxBatchSize)
        {
            Path = listen.Target.Path,
            Socket = Socket(chain),
            Accept = accept.Bind(address, chain),
            Tls = tls.Bind(address, chain),
            Proxy = chain.Get<PrefixTree<CidrBlock>?>(OptionDefinitions.ProxyProtocolFrom, null) is { Count: > 0 } from ? new ListenProxyOptions(from) : null,
            Peers = listen.Content.Peers,
            Pathway = pathway?.Options,
        };
    }

    private static ListenSocketOptions Socket(SettingChain chain)
    {
        var otherwise = ListenSocketOptions.Default;
        return new ListenSocketOptions(
            chain.Get(OptionDefinitions.Enable, otherwise.Enable),
            chain.Get(OptionDefinitions.Backlog, otherwise.Backlog),
            chain.Get(OptionDefinitions.FileMode, otherwise.FileMode),
            chain.Get(OptionDefinitions.DisableNagle, otherwise.NoDelay),
            chain.Get(OptionDefinitions.ReceiveBuffer, otherwise.ReceiveBufferBytes),
            chain.Get(OptionDefinitions.SendBuffer, otherwise.SendBufferBytes));
    }

    private void BindListen(ConfigScope scope)
    {
        var content = FindOrAdd(scope)?.Content ?? new Container(context, Vocabulary.Listen, "");
        foreach (var node in scope.Children)
        {
            if (!content.TryBind(node))
            {
                context.Refusals.Refuse(node, Vocabulary.Listen);
            }
        }
    }

    private void WarnOfWhatHasNoMeaning(Listen listen)
    {
        var isPath = listen.Target.Path is not null;
        foreach (var setting in listen.Content.Settings.Among(isPath ? TcpOnly : UnixOnly))
        {
            context.WarnOnce(
                setting.Option, $"{setting.Option.Name} has no meaning for {(isPath ? "a Unix socket" : "a TCP Listen")}: it is not used here");
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
        var listen = new Listen(scope, target, new Container(context, Vocabulary.Listen, origin));
        _listens.Add(listen);
        _listensBySpelling.Add(scope.Instance, listen);
        _listensByTarget.TryAdd(target, listen);
        return listen;
    }

    private sealed record Listen(ConfigScope Scope, ListenTarget Target, Container Content);

    /// <summary>What ECStream_Listener and Listen may hold alike.</summary>
    private sealed class Container(BindingContext context, string scope, string origin)
    {
        private readonly PeerBinder _peers = new(context, origin);

        public ScopeSettings Settings { get; } = new(context, scope, origin);

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
                    return Settings.TryBind(option);
                case ConfigScope peer when peer.IsNamed(Vocabulary.Peer):
                    _peers.Bind(peer);
                    return true;
                default:
                    return false;
            }
        }
    }
}
