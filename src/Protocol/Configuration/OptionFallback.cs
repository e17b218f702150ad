using System.Net;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// The scopes that decide an option, in their order: what <see cref="PolicyEvaluator"/> does for the two options of a policy,
/// here for every option, and on the text.
/// </summary>
internal static class OptionFallback
{
    private const string DefaultPathway = "default";

    /// <summary>The scopes to ask, the first that sets the option being the one that counts.</summary>
    /// <param name="scope">Where the question is asked.</param>
    /// <param name="facts">The option, or <see langword="null"/> for one that does not take effect: then each scope falls back to the one around it.</param>
    public static IEnumerable<ScopeStep> Candidates(ScopeStep scope, OptionDefinition? facts) => facts is null
        ? Chain(scope)
        : Ordered(scope).Where(s => s.Kind is null || facts.Scopes.Contains(s.Kind));

    /// <summary>What is wrong with the instance of a Peer that is asked for, or <see langword="null"/>.</summary>
    public static string? FindPeerError(ScopeStep scope) =>
        scope.Kind == Vocabulary.Peer
        && Blocks(scope.Instance!).Count == 0
        && !CidrBlock.TryParse(scope.Instance!, out _, out _, out var error)
            ? $"unable to parse Peer {scope.Instance}: {error}"
            : null;

    private static IEnumerable<ScopeStep> Ordered(ScopeStep scope) => scope.Kind switch
    {
        Vocabulary.Peer => [.. Peers(scope), .. OfListener(scope.Parent!)],
        Vocabulary.Listen or Vocabulary.Listener => OfListener(scope),
        Vocabulary.Pathway => Chain(scope.Exists ? scope : FindPathway(Global(scope), scope.Instance!) ?? scope),
        _ => Chain(scope),
    };

    private static IEnumerable<ScopeStep> Chain(ScopeStep? scope)
    {
        for (; scope is not null; scope = scope.Parent)
        {
            yield return scope;
        }
    }

    // Those of the Listen, then those of the listener, each from the longest prefix on. A block instead of an address has
    // what holds for the whole of it.
    private static IEnumerable<ScopeStep> Peers(ScopeStep peer)
    {
        var blocks = Blocks(peer.Instance!);
        for (var container = peer.Parent!; container.Kind != Vocabulary.GlobalScope; container = container.Parent!)
        {
            var peers = container.Scopes(Vocabulary.Peer)
                .Select(s => (Scope: s, IsBlock: CidrBlock.TryParse(s.Instance, out var block), Block: block))
                .Where(p => p.IsBlock)
                .OrderByDescending(p => p.Block.PrefixLength)
                .ToArray();
            foreach (var block in blocks)
            {
                foreach (var match in peers.Where(p => p.Block.Contains(block)))
                {
                    yield return match.Scope;
                }
            }
        }
    }

    // The peer of the Unix sockets is 127.0.0.1, then ::1.
    private static List<CidrBlock> Blocks(string instance) =>
        CidrBlock.TryParse(instance, out var block) ? [block]
        : !PeerId.TryParse(instance, out var peer) ? []
        : peer.Block is { } address ? [address]
        : [CidrBlock.Of(IPAddress.Loopback), CidrBlock.Of(IPAddress.IPv6Loopback)];

    private static IEnumerable<ScopeStep> OfListener(ScopeStep listenOrListener)
    {
        string? name = null;
        var scope = listenOrListener;
        for (; scope.Kind != Vocabulary.GlobalScope; scope = scope.Parent!)
        {
            name ??= (scope.FindOption(Vocabulary.Pathway)?.Value as ConfigScalar)?.Text;
            yield return scope;
        }

        // The pathway itself, the group it stands in if it does, and the global scope.
        foreach (var outer in Chain(name is null or DefaultPathway ? scope : FindPathway(scope, name) ?? scope))
        {
            yield return outer;
        }
    }

    private static ScopeStep? FindPathway(ScopeStep global, string name) =>
        global.Scopes(Vocabulary.PathwayGroup).Prepend(global)
            .Select(s => s.Enter(Vocabulary.Pathway, name))
            .FirstOrDefault(s => s.Exists);

    private static ScopeStep Global(ScopeStep scope) => scope.Parent is null ? scope : Global(scope.Parent);
}
