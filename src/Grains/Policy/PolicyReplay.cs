using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Grains.Policy;

/// <summary>Makes the overrides of the entries that changed them.</summary>
public static class PolicyReplay
{
    /// <summary>The set behind some entries.</summary>
    /// <param name="set">The set before them.</param>
    /// <param name="entries">The entries that follow its version, in their order, without a gap.</param>
    /// <param name="changed">The scopes that they change.</param>
    /// <exception cref="ArgumentException">The entries do not follow the set's version.</exception>
    public static OverrideSet Apply(OverrideSet set, IReadOnlyList<PolicyEntry> entries, out IReadOnlyCollection<PeerScope> changed)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(entries);
        var changes = new Dictionary<PeerScope, PeerOverride>();
        var version = set.Version;
        foreach (var entry in entries)
        {
            if (entry.Version != ++version)
            {
                throw new ArgumentException($"Version {entry.Version} of the policy does not follow {version - 1}.", nameof(entries));
            }

            foreach (var change in entry.Changes)
            {
                changes[change.ToScope()] = change.After;
            }
        }

        changed = changes.Keys;
        return entries.Count == 0 ? set : set.With(version, changes);
    }

    /// <summary>Goes on with the overrides as they were at an instant: takes the entries up to the first that is later.</summary>
    /// <param name="set">The set before them; empty for the beginning of the log.</param>
    /// <param name="entries">The entries that follow its version, in their order, without a gap.</param>
    /// <param name="instant">The instant.</param>
    /// <param name="isThere">Whether a later entry was met: what follows does not matter then.</param>
    /// <returns>The set; what had ended by the instant is not in it.</returns>
    public static OverrideSet At(OverrideSet set, IReadOnlyList<PolicyEntry> entries, DateTimeOffset instant, out bool isThere)
    {
        ArgumentNullException.ThrowIfNull(entries);
        PolicyEntry[] earlier = [.. entries.TakeWhile(entry => entry.Instant <= instant)];
        isThere = earlier.Length < entries.Count;
        return Apply(set, earlier, out _).At(instant, out _);
    }
}
