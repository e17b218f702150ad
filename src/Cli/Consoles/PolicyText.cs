using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Cli.Consoles;

/// <summary>What is set at a Peer scope: between the admin API's form and the library's, and in words.</summary>
internal static class PolicyText
{
    public const string IdleTime = "ECStream_Idle_Time";
    public const string MaxBatchSize = "ECStream_Max_Batch_Size";
    private const string Suspension = "suspension";

    public static PeerOverride ToOverride(this PolicyValues values) => new()
    {
        IdleTime = values.IdleTime is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        IdleTimeUntil = values.IdleTimeUntil,
        MaxBatchSize = values.MaxBatchSize,
        MaxBatchSizeUntil = values.MaxBatchSizeUntil,
        Suspended = values.Suspended,
        SuspendedReason = values.SuspendedReason,
        SuspendedUntil = values.SuspendedUntil,
    };

    public static PolicyValues ToValues(this PeerOverride value) => new()
    {
        IdleTime = value.IdleTime?.TotalSeconds,
        IdleTimeUntil = value.IdleTimeUntil,
        MaxBatchSize = value.MaxBatchSize,
        MaxBatchSizeUntil = value.MaxBatchSizeUntil,
        Suspended = value.Suspended,
        SuspendedReason = value.SuspendedReason,
        SuspendedUntil = value.SuspendedUntil,
    };

    /// <summary>The same without both options: a suspension is none.</summary>
    public static PeerOverride WithoutOptions(this PeerOverride value) =>
        value with { IdleTime = null, IdleTimeUntil = null, MaxBatchSize = null, MaxBatchSizeUntil = null };

    /// <summary>Each thing that can be set, under its name: its value, or null where it is not set.</summary>
    public static IReadOnlyList<(string Name, string? Value)> Settings(this PeerOverride value) =>
    [
        (IdleTime, value.IdleTime is { } time ? $"{time.TotalSeconds}{Until(value.IdleTimeUntil)}" : null),
        (MaxBatchSize, value.MaxBatchSize is { } size ? $"{size}{Until(value.MaxBatchSizeUntil)}" : null),
        (Suspension, value.Suspended switch
        {
            true => $"suspended{Until(value.SuspendedUntil)} ({value.SuspendedReason})",
            false => $"exempt{Until(value.SuspendedUntil)}",
            null => null,
        }),
    ];

    /// <summary>What differs between two states of a scope.</summary>
    public static IEnumerable<(string Name, string? Before, string? After)> Differences(PeerOverride before, PeerOverride after) =>
        before.Settings().Zip(after.Settings(), (b, a) => (b.Name, Before: b.Value, After: a.Value)).Where(d => d.Before != d.After);

    /// <summary>A change in a sentence of its own.</summary>
    public static string Describe(PolicyLogChange change) => $"{change.Scope} {string.Join(", ", Differences(change.Before.ToOverride(), change.After.ToOverride())
        .Select(d => $"{d.Name} {d.Before ?? "unset"} -> {d.After ?? "unset"}"))}";

    /// <summary>An entry of the log, from its first change on.</summary>
    public static string Describe(PolicyLogEntry entry) => entry.Changes.Count switch
    {
        0 => "nothing",
        1 => Describe(entry.Changes[0]),
        var count => $"{Describe(entry.Changes[0])} and {count - 1} more",
    };

    private static string Until(DateTimeOffset? until) => until is { } end ? $" until {Instants.Print(end)}" : "";
}
