using System.Net;
using Azure.Data.Tables;
using EcStreamOrleans.Azure.Tables;

namespace EcStreamOrleans.Azure.Providers.Clustering;

/// <summary>A silo's row in the membership table: text in every column, as Orleans' own provider writes it.</summary>
internal static class MembershipRow
{
    public const string DeploymentId = nameof(DeploymentId);
    public const string Status = nameof(Status);
    public const string ProxyPort = nameof(ProxyPort);
    private const string Address = nameof(Address);
    private const string Port = nameof(Port);
    private const string Generation = nameof(Generation);
    private const string HostName = nameof(HostName);
    private const string RoleName = nameof(RoleName);
    private const string SiloName = nameof(SiloName);
    private const string InstanceName = nameof(InstanceName);
    private const string UpdateZone = nameof(UpdateZone);
    private const string FaultZone = nameof(FaultZone);
    private const string SuspectingSilos = nameof(SuspectingSilos);
    private const string SuspectingTimes = nameof(SuspectingTimes);
    private const string StartTime = nameof(StartTime);
    private const string IAmAliveTime = nameof(IAmAliveTime);

    public static string Key(SiloAddress silo) => $"{silo.Endpoint.Address}-{silo.Endpoint.Port}-{silo.Generation}";

    public static TableEntity Write(string cluster, MembershipEntry entry)
    {
        var suspects = entry.SuspectTimes ?? [];
        return new TableEntity(cluster, Key(entry.SiloAddress))
        {
            [DeploymentId] = cluster,
            [Address] = $"{entry.SiloAddress.Endpoint.Address}",
            [Port] = $"{entry.SiloAddress.Endpoint.Port}",
            [Generation] = $"{entry.SiloAddress.Generation}",
            [HostName] = entry.HostName ?? "",
            [Status] = $"{entry.Status}",
            [ProxyPort] = $"{entry.ProxyPort}",
            [RoleName] = entry.RoleName ?? "",
            [SiloName] = entry.SiloName ?? "",
            [InstanceName] = entry.SiloName ?? "",
            [UpdateZone] = $"{entry.UpdateZone}",
            [FaultZone] = $"{entry.FaultZone}",
            [SuspectingSilos] = string.Join('|', suspects.Select(s => s.Item1.ToParsableString())),
            [SuspectingTimes] = string.Join('|', suspects.Select(s => TableDate.Write(s.Item2))),
            [StartTime] = TableDate.Write(entry.StartTime),
            [IAmAliveTime] = TableDate.Write(entry.IAmAliveTime),
        };
    }

    /// <summary>The one column that a sign of life changes.</summary>
    public static TableEntity WriteIAmAlive(string cluster, MembershipEntry entry) => new(cluster, Key(entry.SiloAddress))
    {
        [DeploymentId] = cluster,
        [IAmAliveTime] = TableDate.Write(entry.IAmAliveTime),
    };

    public static MembershipEntry Read(TableEntity row)
    {
        var silos = Parts(row, SuspectingSilos);
        var times = Parts(row, SuspectingTimes);
        return new MembershipEntry
        {
            SiloAddress = ReadAddress(row, Port),
            Status = Enum.Parse<SiloStatus>(row.GetString(Status)),
            ProxyPort = Number(row, ProxyPort),
            HostName = row.GetString(HostName),
            RoleName = row.GetString(RoleName),
            SiloName = row.GetString(SiloName) is { Length: > 0 } name ? name : row.GetString(InstanceName),
            UpdateZone = Number(row, UpdateZone),
            FaultZone = Number(row, FaultZone),
            SuspectTimes = silos.Length == times.Length
                ? [.. silos.Zip(times, (silo, time) => Tuple.Create(SiloAddress.FromParsableString(silo), TableDate.Read(time)))]
                : throw new FormatException($"Row '{row.RowKey}' of the membership table has {silos.Length} suspecting silos and {times.Length} times of theirs."),
            StartTime = Time(row, StartTime),
            IAmAliveTime = Time(row, IAmAliveTime),
        };
    }

    /// <summary>Where clients reach the silo.</summary>
    public static SiloAddress ReadGateway(TableEntity row) => ReadAddress(row, ProxyPort);

    private static SiloAddress ReadAddress(TableEntity row, string port) =>
        SiloAddress.New(IPAddress.Parse(row.GetString(Address)), Number(row, port), Number(row, Generation));

    private static int Number(TableEntity row, string column) => row.GetString(column) is { Length: > 0 } text ? int.Parse(text) : 0;

    private static DateTime Time(TableEntity row, string column) => row.GetString(column) is { Length: > 0 } text ? TableDate.Read(text) : default;

    private static string[] Parts(TableEntity row, string column) => (row.GetString(column) ?? "").Split('|', StringSplitOptions.RemoveEmptyEntries);
}
