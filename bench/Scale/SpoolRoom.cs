namespace EcStreamOrleans.Scale;

/// <summary>What the spools of a set-up hold: deploy/kubernetes/components has its volumes.</summary>
/// <param name="Name">The set-up.</param>
/// <param name="DiskMegabytesPerSecond">The rate that the disk is bought with.</param>
/// <param name="MaxBytes">Grid:Spool:MaxBytes.</param>
/// <param name="Copies">Grid:Spool:Copies.</param>
internal sealed record SpoolRoom(string Name, double DiskMegabytesPerSecond, double MaxBytes, int Copies)
{
    private const double MessageBytes = 10_240;

    public static readonly SpoolRoom[] All = [new("small", 125, 214_748_364_800, 1), new("large", 600, 483_183_820_800, 2)];

    /// <summary>Messages of 10 KB a second that a silo can take while the gateway keeps up: each is written once a copy, on as many disks, and read once.</summary>
    public double MessagesPerSecond => DiskMegabytesPerSecond * 1e6 / (Copies + 1) / MessageBytes;

    /// <summary>How long the spool takes mail at that rate while the gateway is away.</summary>
    public double HoursWithoutGateway => MaxBytes / (MessagesPerSecond * MessageBytes) / 3600;
}
