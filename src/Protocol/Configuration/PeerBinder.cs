namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Gathers the Peer scopes of one listener or Listen. Two spellings of one block are one scope.</summary>
internal sealed class PeerBinder(BindingContext context, string parent)
{
    private readonly Dictionary<CidrBlock, PolicyBinder> _peers = [];

    public PrefixTree<PolicyLevel> Tree => new(_peers.Select(p => KeyValuePair.Create(p.Key, p.Value.Level)));

    public void Bind(ConfigScope scope)
    {
        var policy = FindOrAdd(scope) ?? new PolicyBinder(context.Reader, "");
        foreach (var node in scope.Children)
        {
            if (node is ConfigOption option && !policy.TryBind(option))
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
    private PolicyBinder? FindOrAdd(ConfigScope scope)
    {
        if (scope.Instance is null)
        {
            context.Diagnostics.Error(
                scope.Location, "Peer needs an address or a block of addresses, as in Peer \"10.0.0.0/8\" { }", scope.Name, "a block");
            return null;
        }

        if (!CidrBlock.TryParse(scope.Instance, out var block, out var hadHostBits, out var error))
        {
            context.Diagnostics.Error(
                scope.InstanceLocation,
                $"unable to parse Peer {Token.Shorten(scope.Instance)}: {error}; expected for example \"10.0.0.1\", \"10.0.0.0/8\" or \"2001:db8::/32\"",
                scope.Instance,
                "a block");
            return null;
        }

        if (hadHostBits)
        {
            context.Diagnostics.Warning(
                scope.InstanceLocation, $"Peer {scope.Instance} is read as {block}: bits beyond the prefix are cleared", scope.Instance);
        }

        if (!_peers.TryGetValue(block, out var policy))
        {
            policy = new PolicyBinder(context.Reader, ScopePath.Of(parent, Vocabulary.Peer, block.ToString()));
            _peers.Add(block, policy);
        }

        return policy;
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
                $"'{option.Name}' is not valid in an ECStream Peer; only {Vocabulary.IdleTime} and {Vocabulary.MaxBatchSize} are",
                option.Name,
                $"{Vocabulary.IdleTime} or {Vocabulary.MaxBatchSize}");
        }
    }
}
