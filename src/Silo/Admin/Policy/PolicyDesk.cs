using System.Globalization;
using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Silo.Admin.Access;

namespace EcStreamOrleans.Silo.Admin.Policy;

/// <summary>What the resources of policy share: reading a scope from its grain, making a change, saying how far it has come.</summary>
internal sealed partial class PolicyDesk(IGrainFactory grains, TimeProvider clock, ILogger<PolicyDesk> logger)
{
    /// <summary>How long an answer waits for the nodes if nobody says otherwise, in seconds.</summary>
    public const double DefaultWait = 1;

    public const double MaxWait = 10;

    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>What is set at a scope, and the version of it: from its grain, which is exact. What has ended is not in it.</summary>
    public async Task<(PeerOverride Value, long Version)> GetAsync(PeerScope scope, CancellationToken cancellationToken)
    {
        var places = await grains.GetGrain<IPeerGrain>(scope.Block.ToString()).GetScopeAsync(cancellationToken);
        return places.FirstOrDefault(place => place.Listen == scope.Listen) is { } state ? (state.Override.At(Now), state.Version) : (PeerOverride.None, 0);
    }

    /// <summary>Makes changes, all or none.</summary>
    public async Task<PolicyOutcome> CommitAsync(
        HttpContext context, long baseVersion, string reason, IReadOnlyList<KeyValuePair<PeerScope, PeerOverride>> changes)
    {
        var proposal = new PolicyProposal(
            Guid.NewGuid(),
            baseVersion,
            context.User.Actor()!,
            "api",
            reason,
            [.. changes.Select(change => new ProposedChange(change.Key.Listen, change.Key.Block.ToString(), change.Value))]);

        var outcome = await ProposeAsync(proposal);
        if (outcome.Entry is { } entry)
        {
            context.NoteForAudit(
                $"policy version {entry.Version}, {entry.Changes.Count} changes, the first at {entry.Changes[0].ToScope()}{(reason.Length == 0 ? "" : $" ({reason})")}");
        }

        return outcome;
    }

    /// <summary>How far a version has come, behind a wait. The change is made: what goes wrong here is only not known.</summary>
    public async Task<SpreadReport> AwaitSpreadAsync(long version, double seconds, CancellationToken cancellationToken)
    {
        try
        {
            var spread = await grains.GetGrain<IPolicyGrain>(0).AwaitSpreadAsync(version, TimeSpan.FromSeconds(seconds), cancellationToken);
            var slowest = spread.Slowest is { } time ? string.Create(CultureInfo.InvariantCulture, $", slowest {Math.Ceiling(time.TotalMilliseconds)} ms") : "";
            var missing = spread.Missing.Count == 0 ? "" : $"; missing: {string.Join(", ", spread.Missing)}";
            return new SpreadReport(
                version,
                spread.Followers,
                spread.Confirmed,
                spread.Slowest?.TotalSeconds,
                spread.Missing,
                $"{spread.Confirmed} of {spread.Followers} nodes at version {version}{slowest}{missing}");
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            LogSpreadNotKnown(error, version);
            return new SpreadReport(version, 0, 0, null, [], $"version {version} is made; how far it has come is not known");
        }
    }

    /// <summary>What of the whole is set, by whom and when: for an answer that shows it to somebody who came too late.</summary>
    public async Task<ScopeVersion> DescribeAsync(PeerOverride value, long version, CancellationToken cancellationToken)
    {
        var entry = await FindEntryAsync(version, cancellationToken);
        return new ScopeVersion(version, value.ToValues(), entry?.Actor, entry?.Instant, entry?.Reason);
    }

    /// <summary>One entry of the log, or null if it has no such version.</summary>
    public async Task<PolicyEntry?> FindEntryAsync(long version, CancellationToken cancellationToken) =>
        version > 0 && await ReadLogAsync(version - 1, 1, cancellationToken) is [var entry, ..] && entry.Version == version ? entry : null;

    public ValueTask<IReadOnlyList<PolicyEntry>> ReadLogAsync(long after, int limit, CancellationToken cancellationToken) =>
        grains.GetGrain<IPolicyGrain>(0).ReadAsync(after, limit, cancellationToken);

    // Somebody who goes away in the midst of it does not take it back.
    private async Task<PolicyOutcome> ProposeAsync(PolicyProposal proposal)
    {
        var policy = grains.GetGrain<IPolicyGrain>(0);
        try
        {
            return await policy.CommitAsync(proposal, CancellationToken.None);
        }
        catch (Exception error) when (error is not PolicyStoreException { IsInDoubt: false })
        {
            LogAskedAgain(error);
        }

        try
        {
            // In doubt: the same proposal again is made once, and tells.
            return await policy.CommitAsync(proposal, CancellationToken.None);
        }
        catch (Exception error) when (error is not PolicyStoreException)
        {
            throw new OrleansException("The policy could not be changed.", error);
        }
    }

    [LoggerMessage(420, LogLevel.Warning, "A change of policy was not answered; asking again")]
    private partial void LogAskedAgain(Exception error);

    [LoggerMessage(421, LogLevel.Warning, "How far version {Version} of the policy has come could not be asked")]
    private partial void LogSpreadNotKnown(Exception error, long version);
}
