using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Silo.Admin.Policy;

/// <summary>A page of scopes in their order: behind the scope that ended the page before.</summary>
internal readonly record struct ScopePage(int Limit, PeerScope? After)
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1_000;

    public static ScopePage Read(Asked asked)
    {
        var limit = asked.Limit(DefaultLimit, MaxLimit);
        if (asked.Query("after") is not { } after)
        {
            return new(limit, null);
        }

        var parts = after.Split(',', 2);
        if (PeerScope.TryParse(parts.ElementAtOrDefault(1), parts[0], out var scope, out _))
        {
            return new(limit, scope);
        }

        asked.Fault($"after = {OneLine.Of(after)}: must be what next was in the answer before.");
        return new(limit, null);
    }

    public List<PeerScope> Take(IEnumerable<PeerScope> scopes, out string? next)
    {
        var after = After;

        // One more than asked for tells whether there are more.
        var page = scopes.Where(scope => after is not { } last || PeerScope.Order.Compare(scope, last) > 0).Order(PeerScope.Order).Take(Limit + 1).ToList();
        next = null;
        if (page.Count > Limit)
        {
            page.RemoveAt(Limit);
            next = $"{page[^1].Block},{page[^1].Listen}";
        }

        return page;
    }
}

/// <summary>The scopes of a Listen, inside a block.</summary>
internal readonly record struct ScopeFilter(string? Listen, CidrBlock? Block)
{
    public static ScopeFilter Read(Asked asked)
    {
        string? listen = null;
        if (asked.Query("listen") is { } text)
        {
            // Any block does: the Listen's one spelling is what is wanted.
            if (PeerScope.TryParse(text, "0.0.0.0/0", out var scope, out var error))
            {
                listen = scope.Listen;
            }
            else
            {
                asked.Fault(error);
            }
        }

        return new(listen, asked.Block("block"));
    }

    public bool Matches(PeerScope scope) => (Listen is null || scope.Listen == Listen) && (Block is not { } block || block.Contains(scope.Block));
}
