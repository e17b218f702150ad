namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Gathers how Listens accept, and the <c>ThreadPool</c> and <c>EventLoop</c> scopes that they name. The others are Momentum's alone.</summary>
internal sealed class AcceptBinder(BindingContext context, SkippedScopes skipped)
{
    private readonly Dictionary<(string Kind, string Name), Pool> _pools = [];

    /// <returns><see langword="false"/> if it is another scope.</returns>
    public bool TryCollect(ConfigScope scope)
    {
        var kind = scope.IsNamed(Vocabulary.ThreadPool) ? Vocabulary.ThreadPool : scope.IsNamed(Vocabulary.EventLoop) ? Vocabulary.EventLoop : null;
        if (kind is null)
        {
            return false;
        }

        if (scope.Instance is null)
        {
            context.Diagnostics.Error(scope.Location, $"{kind} needs a name, as in {kind} \"pool\" {{ }}", scope.Name, "a name");
        }
        else if (_pools.TryGetValue((kind, scope.Instance), out var pool))
        {
            pool.Parts.Add(scope);
        }
        else
        {
            _pools.Add((kind, scope.Instance), new Pool([scope], new ScopeSettings(context, kind, "")));
        }

        return true;
    }

    public ListenAcceptOptions Bind(string address, SettingChain chain)
    {
        var concurrency = chain.Get(OptionDefinitions.Concurrency, 0);
        var cap = chain.Find(OptionDefinitions.PoolName) is { } name ? CapOf((ConfigScalar)name.Value, address) : 0;
        return new ListenAcceptOptions(
            cap == 0 ? concurrency : Math.Min(cap, concurrency),
            chain.Find(OptionDefinitions.EventLoop) is { } loop ? EventLoop((ConfigScalar)loop.Value, address) : null);
    }

    /// <summary>Passes over what no Listen named.</summary>
    public void Finish()
    {
        foreach (var part in _pools.Values.Where(p => !p.IsBound).SelectMany(p => p.Parts))
        {
            skipped.TrySkip(part);
        }
    }

    private int CapOf(ConfigScalar name, string address)
    {
        if (Find(Vocabulary.ThreadPool, name) is { } pool)
        {
            return ConcurrencyOf(pool);
        }

        // Momentum's words. One of its own pools needs no scope to be there.
        if (context.IsWhole && !MomentumVocabulary.IsThreadPool(name.Text))
        {
            context.WarnOnce(
                name.Location, $"thread pool {Token.Shorten(name.Text)} doesn't exist in ECStream_Listener {address}; the shared pool is used", name.Text);
        }

        return 0;
    }

    private EventLoopOptions? EventLoop(ConfigScalar name, string address)
    {
        if (Find(Vocabulary.EventLoop, name) is { } loop)
        {
            return new EventLoopOptions(name.Text, ConcurrencyOf(loop));
        }

        if (context.IsWhole)
        {
            context.ErrorOnce(
                name.Location, $"event loop {Token.Shorten(name.Text)} doesn't exist in ECStream_Listener {address}", name.Text, "the name of an EventLoop scope");
        }

        return null;
    }

    private static int ConcurrencyOf(ScopeSettings pool) => pool.Find(OptionDefinitions.Concurrency) is { Value: int concurrency } ? concurrency : 0;

    // What nobody names is not looked into: it is Momentum's, and need not be right by our rules.
    private ScopeSettings? Find(string kind, ConfigScalar name)
    {
        if (!_pools.TryGetValue((kind, name.Text), out var pool))
        {
            return null;
        }

        if (!pool.IsBound)
        {
            pool.IsBound = true;
            foreach (var node in pool.Parts.SelectMany(p => p.Children))
            {
                Bind(node, kind, pool.Settings);
            }
        }

        return pool.Settings;
    }

    private void Bind(ConfigNode node, string kind, ScopeSettings settings)
    {
        if (node is ConfigOption option && MomentumVocabulary.IsPoolOption(option.Name))
        {
            skipped.Skip(option);
        }
        else if (node is not ConfigOption own || !settings.TryBind(own))
        {
            context.Refusals.Refuse(node, kind);
        }
    }

    private sealed record Pool(List<ConfigScope> Parts, ScopeSettings Settings)
    {
        public bool IsBound { get; set; }
    }
}
