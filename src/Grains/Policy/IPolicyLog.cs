namespace EcStreamOrleans.Grains.Policy;

/// <summary>
/// Where the policy log is kept: ordered, durable, append-only. It is the truth about what is set; the state of the scopes' grains follows it.
/// Several clusters may share one: the version decides who was first.
/// </summary>
public interface IPolicyLog
{
    /// <summary>Entries in their order.</summary>
    /// <param name="afterVersion">Those with a higher version.</param>
    /// <param name="limit">At most so many. At least 1.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The entries; empty if there is none (yet).</returns>
    ValueTask<IReadOnlyList<PolicyEntry>> ReadAsync(long afterVersion, int limit, CancellationToken cancellationToken);

    /// <summary>Appends an entry; it is durable when this returns true.</summary>
    /// <param name="entry">Its version is one above that of the last entry.</param>
    /// <param name="cancellationToken">Gives up the wait; the outcome is unknown then, as it is behind an exception.</param>
    /// <returns>False if the log does not end with the version before: nothing is appended.</returns>
    ValueTask<bool> TryAppendAsync(PolicyEntry entry, CancellationToken cancellationToken);
}
