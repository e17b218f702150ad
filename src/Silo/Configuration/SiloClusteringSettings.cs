using System.Net;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Transport;

namespace EcStreamOrleans.Silo.Configuration;

/// <summary>What a silo, beside a client, says of its place in the cluster: section <c>Grid:Clustering</c>.</summary>
internal sealed class SiloClusteringSettings : ClusteringSettings
{
    /// <summary>
    /// The address that the other silos and the edges reach this silo at; it binds its ports there. Needed with AzureTables. Default: none; with Localhost
    /// it is 127.0.0.1.
    /// </summary>
    public string? AdvertisedAddress { get; set; }

    /// <summary>
    /// How long most of a peer's octets must have entered at another silo until its grain moves there. 0 to 3600 seconds; 0: never. Default: 10, far more than a move costs, and less than a
    /// batch through two silos costs in that time.
    /// </summary>
    public TimeSpan MoveAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Where the silo binds its ports.</summary>
    public IPAddress Address => Kind == ClusteringKind.Localhost ? IPAddress.Loopback : IPAddress.Parse(AdvertisedAddress!);

    /// <summary>What is wrong with what only a silo says: a sentence a fault.</summary>
    /// <param name="storage">Where its state is.</param>
    /// <param name="transport">How its connections are protected.</param>
    public IEnumerable<string> FindSiloErrors(StorageSettings storage, TransportSettings transport)
    {
        if (SettingRange.Check("Grid:Clustering:MoveAfter", MoveAfter.TotalSeconds, 0, 3_600) is { } range)
        {
            yield return range;
        }

        if (Kind == ClusteringKind.Localhost)
        {
            if (AdvertisedAddress is not null)
            {
                yield return "Grid:Clustering:AdvertisedAddress is for Grid:Clustering:Kind=AzureTables.";
            }

            yield break;
        }

        if (storage.Kind == StorageKind.Sqlite)
        {
            yield return "Grid:Clustering:Kind = AzureTables: needs Grid:Storage:Kind=AzureTables, since every silo must see the same state.";
        }

        if (AdvertisedAddress is null)
        {
            yield return "Grid:Clustering:Kind = AzureTables: needs Grid:Clustering:AdvertisedAddress, where the other silos and the edges reach this one.";
        }
        else if (!IPAddress.TryParse(AdvertisedAddress, out var address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            yield return $"Grid:Clustering:AdvertisedAddress = {AdvertisedAddress}: must be the IP address of one machine.";
        }
        else if (transport.FindPlainError("Grid:Clustering:AdvertisedAddress", address) is { } error)
        {
            yield return error;
        }
    }
}
