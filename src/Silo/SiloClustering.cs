using System.Net;
using System.Net.Sockets;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Silo.Configuration;
using EcStreamOrleans.Transport;
using Orleans.Configuration;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace EcStreamOrleans.Silo;

/// <summary>
/// The silo's place among others: where it listens, how it finds them, and how soon one that is gone is taken for gone (docs/adr/0009).
/// </summary>
internal static class SiloClustering
{
    /// <summary>How long a silo may take for the answer to a probe.</summary>
    private static readonly TimeSpan ProbeTime = TimeSpan.FromSeconds(1);

    /// <summary>Probes in a row without an answer behind which a silo is voted out.</summary>
    private const int MissedProbes = 3;

    /// <summary>
    /// Orleans probes slower where answers are slow, up to this; and it votes nobody out who has been heard of within this time the probes: 6 s, longer
    /// than any pause of the garbage collector, shorter than anybody waits.
    /// </summary>
    private static readonly TimeSpan MaxProbeTime = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How often a silo writes that it is alive. One that was killed with all others keeps the first to start again waiting for three of these:
    /// nobody else is there to vote it out.
    /// </summary>
    private static readonly TimeSpan AlivePeriod = TimeSpan.FromSeconds(5);

    /// <summary>How often a silo reads the table: one that hung finds by then that it was voted out, and ends.</summary>
    private static readonly TimeSpan TablePeriod = TimeSpan.FromSeconds(10);

    /// <summary>How long a stopping silo waits behind telling its clients to go elsewhere: until what was under way to it has come.</summary>
    private static readonly TimeSpan GatewayNotice = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a gateway keeps the answers to a client whose connection has ended, in case it comes again. One that was cut off from this silo comes through another, and what grains here
    /// answer would wait for it in vain.
    /// </summary>
    private static readonly TimeSpan ClientMemory = TimeSpan.FromSeconds(2);

    public static void JoinCluster(this ISiloBuilder silo, GridSettings settings)
    {
        var clustering = settings.Clustering;
        CheckPort(clustering.Address, settings.SiloPort, "Grid:SiloPort");
        if (settings.GatewayPort != 0)
        {
            CheckPort(clustering.Address, settings.GatewayPort, "Grid:GatewayPort");
        }

        if (clustering.Kind == ClusteringKind.AzureTables)
        {
            JoinByTable(silo, settings);
        }
        else
        {
            silo.UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, serviceId: settings.ServiceId, clusterId: settings.ClusterId);
        }

        silo.UseGridTransport(settings.Transport, settings.TransportCredentials);
        if (clustering.Zone is { } zone)
        {
            silo.UseSiloMetadata(new Dictionary<string, string>(StringComparer.Ordinal) { ["zone"] = zone });
        }
    }

    private static void JoinByTable(ISiloBuilder silo, GridSettings settings)
    {
        silo.UseAzureStorageClustering(options =>
        {
            options.TableServiceClient = settings.Clustering.Connect(settings.Storage);
            options.TableName = settings.Clustering.TableName(settings.Storage);
        });
        silo.ConfigureEndpoints(settings.Clustering.Address, settings.SiloPort, settings.GatewayPort, listenOnAnyHostAddress: false);
        silo.Configure<ClusterOptions>(cluster => (cluster.ServiceId, cluster.ClusterId) = (settings.ServiceId, settings.ClusterId));
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = ProbeTime;
            membership.MaxProbeTimeout = MaxProbeTime;
            membership.NumMissedProbesLimit = MissedProbes;
            membership.IAmAliveTablePublishTimeout = AlivePeriod;
            membership.TableRefreshTimeout = TablePeriod;
        });
        silo.Configure<SiloMessagingOptions>(messaging =>
        {
            messaging.ClientGatewayShutdownNotificationTimeout = GatewayNotice;
            messaging.ClientDropTimeout = ClientMemory;
        });
    }

    /// <summary>Orleans binds its ports so that a second silo would share them; an exclusive bind finds that out first.</summary>
    private static void CheckPort(IPAddress address, int port, string setting)
    {
        try
        {
            using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { ExclusiveAddressUse = true };
            probe.Bind(new IPEndPoint(address, port));
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new SiloPortTakenException(address, port, setting);
        }
    }
}
