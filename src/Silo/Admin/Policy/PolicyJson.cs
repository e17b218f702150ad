using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Silo.Admin.Policy;

/// <summary>Policy to and from the admin API's types.</summary>
internal static class PolicyJson
{
    public const string IdleTimeOption = "ECStream_Idle_Time";
    public const string MaxBatchSizeOption = "ECStream_Max_Batch_Size";

    /// <summary>Characters of an address: more is no address in any spelling.</summary>
    public const int MaxAddressLength = 200;

    public static PolicyValues ToValues(this PeerOverride value) => new()
    {
        IdleTime = value.IdleTime?.TotalSeconds,
        IdleTimeUntil = value.IdleTimeUntil?.ToUniversalTime(),
        MaxBatchSize = value.MaxBatchSize,
        MaxBatchSizeUntil = value.MaxBatchSizeUntil?.ToUniversalTime(),
        Suspended = value.Suspended,
        SuspendedReason = value.SuspendedReason,
        SuspendedUntil = value.SuspendedUntil?.ToUniversalTime(),
    };

    public static PolicyLogEntry ToReport(this PolicyEntry entry) => new(
        entry.Version,
        entry.Instant.ToUniversalTime(),
        entry.Actor,
        entry.Source,
        entry.Reason,
        [.. entry.Changes.Select(change => new PolicyLogChange(change.ToScope().ToString(), change.Listen, change.Block, change.Before.ToValues(), change.After.ToValues()))]);

    public static IReadOnlyList<EffectiveOption> ToOptions(this EffectivePolicy policy) =>
    [
        new(IdleTimeOption, policy.IdleTime.Value.TotalSeconds, policy.IdleTime.Origin),
        new(MaxBatchSizeOption, policy.MaxBatchSize.Value, policy.MaxBatchSize.Origin),
    ];

    public static EffectiveSuspension? ToSuspension(this EffectivePolicy policy) =>
        policy.Suspension is { } suspension ? new EffectiveSuspension(suspension.Value, suspension.Origin) : null;

    /// <summary>The two options of a body, laid over what is set: null unsets, what is not named stays.</summary>
    public static PeerOverride ReadOptions(this JsonBody body, PeerOverride before, DateTimeOffset now)
    {
        var idleTime = body.Integer("idleTime", (long)PolicyLimits.MinIdleTime.TotalSeconds, (long)PolicyLimits.MaxIdleTime.TotalSeconds, "seconds");
        var idleTimeUntil = body.Instant("idleTimeUntil", after: now);
        var maxBatchSize = body.Integer("maxBatchSize", PolicyLimits.MinMaxBatchSize, int.MaxValue, "messages");
        var maxBatchSizeUntil = body.Instant("maxBatchSizeUntil", after: now);
        var after = before with
        {
            IdleTime = body.Has("idleTime") ? (idleTime is { } seconds ? TimeSpan.FromSeconds(seconds) : null) : before.IdleTime,
            IdleTimeUntil = body.Has("idleTimeUntil") ? idleTimeUntil : before.IdleTimeUntil,
            MaxBatchSize = body.Has("maxBatchSize") ? (int?)maxBatchSize : before.MaxBatchSize,
            MaxBatchSizeUntil = body.Has("maxBatchSizeUntil") ? maxBatchSizeUntil : before.MaxBatchSizeUntil,
        };
        if (body.Faults.Count == 0)
        {
            FaultUnlessSet(body, "idleTimeUntil", idleTimeUntil, after.IdleTime is not null);
            FaultUnlessSet(body, "maxBatchSizeUntil", maxBatchSizeUntil, after.MaxBatchSize is not null);
        }

        return after with
        {
            IdleTimeUntil = after.IdleTime is null ? null : after.IdleTimeUntil,
            MaxBatchSizeUntil = after.MaxBatchSize is null ? null : after.MaxBatchSizeUntil,
        };
    }

    /// <summary>All that can be set at a scope, the suspension included.</summary>
    public static PeerOverride ReadAll(this JsonBody body, DateTimeOffset now)
    {
        var options = body.ReadOptions(PeerOverride.None, now);
        var (suspended, reason, until) = (body.Flag("suspended"), body.Text("suspendedReason", PolicyProposal.MaxReasonLength), body.Instant("suspendedUntil", after: now));
        FaultUnlessSet(body, "suspendedUntil", until, suspended is not null);
        return options with { Suspended = suspended, SuspendedReason = reason, SuspendedUntil = until };
    }

    public static string ReadReason(this JsonBody body, bool isNeeded = false) => body.Text("reason", PolicyProposal.MaxReasonLength, isNeeded) ?? "";

    /// <summary>The scope that a body names.</summary>
    public static PeerScope? ReadScope(this JsonBody body)
    {
        var (listen, block) = (body.Text("listen", MaxAddressLength), body.Text("block", MaxAddressLength, isNeeded: true));
        if (block is null)
        {
            return null;
        }

        if (PeerScope.TryParse(listen, block, out var scope, out var error))
        {
            return scope;
        }

        // Which of the two it is, the block alone tells.
        body.Fault(PeerScope.TryParse(null, block, out _, out _) ? "listen" : "block", error);
        return null;
    }

    private static void FaultUnlessSet(JsonBody body, string name, DateTimeOffset? until, bool isSet)
    {
        if (until is not null && !isSet)
        {
            body.Fault(name, "ends what is not set");
        }
    }
}
