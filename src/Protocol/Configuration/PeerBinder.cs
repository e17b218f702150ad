namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Gathers the Peer scopes of one listener or Listen. Two spellings of one block are one scope.</summary>
internal sealed class PeerBinder(BindingContext context, string parent)
{
    private readonly Dictionary<CidrBlock, ScopeSettings> _peers = [];

    public PrefixTree<PolicyLevel> Tree => new(_peers.Select(p => KeyValuePair.Create(p.Key, p.Value.Level)));

    public void Bind(ConfigScope scope)
    {
        var settings = FindOrAdd(scope) ?? new ScopeSettings(context, Vocabulary.Peer, "");
        foreach (var node in scope.Children)
        {
            if (node is ConfigOption option && !settings.TryBind(option))
            {
                RefuseOption(option);
            }
            else if (node is ConfigScope)
            {
                context.Refusals.Refuse(node, Vocabulary.Peer);
            }
        }
    }

    // Null if the block is bad: the content is then checked all the same.
    private ScopeSettings? FindOrAdd(ConfigScope scope)
    {
        if (scope.Instance is null)
        {
            context.Diagnostics.Error(
                scope.Location, "Peer needs an address or a block of addresses, as in Peer \"10.0.0.0/8\" { }", scope.Name, "a block");
            return null;
        }

        if (context.Reader.Block(Vocabulary.Peer, scope.Instance, scope.InstanceLocation) is not { } block)
        {
            return null;
        }

        if (!_peers.TryGetValue(block, out var settings))
        {
            settings = new ScopeSettings(context, Vocabulary.Peer, ScopePath.Of(parent, Vocabulary.Peer, block.ToString()));
            _peers.Add(block, settings);
        }

        return settings;
    }

    // A name that nobody knows is a slip in either mode: no file that Momentum takes has it.
    private void RefuseOption(ConfigOption option)
    {
        if (!MomentumVocabulary.IsOption(option.Name) && !Vocabulary.ScopesOf(option.Name).Any())
        {
            context.Refusals.Refuse(option, Vocabulary.Peer);
        }
        else if (context.Strictness == ConfigStrictness.Lenient)
        {
            context.Diagnostics.Warning(option.Location, $"'{option.Name}' ignored: not valid in an ECStream Peer", option.Name);
        }
        else
        {
            context.Diagnostics.Error(
                option.Location,
                $"'{option.Name}' is not valid in an ECStream Peer; only {OptionDefinitions.IdleTime.Name} and {OptionDefinitions.MaxBatchSize.Name} are",
                option.Name,
                $"{OptionDefinitions.IdleTime.Name} or {OptionDefinitions.MaxBatchSize.Name}");
        }
    }
}
