using System.Collections.Concurrent;
using EcStreamOrleans.Grains.Copies;
using EcStreamOrleans.Silo.Configuration;

namespace EcStreamOrleans.Silo.Copies;

/// <summary>The other silos that are active, and which spool each of them has. Only a silo itself can tell, and it tells the same for all its life.</summary>
internal sealed class CopyPlaces(GridSettings settings, IClusterMembershipService membership, ILocalSiloDetails local, CopyClient client)
{
    private readonly ConcurrentDictionary<SiloAddress, CopyPlace> _known = new();

    /// <summary>Where this silo stands.</summary>
    public string? Zone => settings.Clustering.Zone;

    public SiloAddress Local => local.SiloAddress;

    /// <summary>Whether this silo has its part in the cluster.</summary>
    public bool IsActive => membership.CurrentSnapshot.GetSiloStatus(Local) == SiloStatus.Active;

    /// <summary>The others that are active.</summary>
    public IReadOnlyList<SiloAddress> Others =>
        [.. membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(Local)).Select(member => member.SiloAddress)];

    /// <summary>Those of the others that have said who they are.</summary>
    public IReadOnlyList<(SiloAddress Silo, CopyPlace Place)> Known =>
        [.. Others.Where(_known.ContainsKey).Select(silo => (silo, _known[silo]))];

    /// <summary>Whether a silo is declared dead, or so long gone that the table has forgotten it.</summary>
    public bool IsGone(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo) is SiloStatus.Dead or SiloStatus.None;

    public bool IsActiveNow(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Active;

    /// <summary>Reads the table: what is decided next must not rest on an old one.</summary>
    public Task RereadAsync(CancellationToken cancellationToken) => membership.Refresh(default, cancellationToken).AsTask();

    /// <summary>Runs an action whenever a silo comes or goes.</summary>
    public async Task WatchAsync(Action changed, CancellationToken cancellationToken)
    {
        await foreach (var _ in membership.MembershipUpdates.WithCancellation(cancellationToken))
        {
            changed();
        }
    }

    /// <summary>Asks those who they are that have not said so yet.</summary>
    public async Task RefreshAsync()
    {
        var others = Others;
        foreach (var gone in _known.Keys.Except(others))
        {
            _known.TryRemove(gone, out _);
        }

        await Task.WhenAll(others.Where(silo => !_known.ContainsKey(silo)).Select(async silo =>
        {
            if (await AskAsync(silo, owner: null) is { } place)
            {
                _known[silo] = place;
            }
        }));
    }

    /// <summary>What a silo says of itself and of an owner's copies; null if it does not answer.</summary>
    public async Task<CopyPlace?> AskAsync(SiloAddress silo, string? owner)
    {
        try
        {
            return await client.At(silo).IntroduceAsync(owner);
        }
        catch (Exception)
        {
            // Going, hanging, or of a version that keeps no copies: it is asked again.
            return null;
        }
    }
}
