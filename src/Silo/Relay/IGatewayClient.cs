using System.Threading.Channels;

namespace EcStreamOrleans.Silo.Relay;

/// <summary>
/// A delivery method with its gateway. Takes work items and gives each of their messages a result; connections, pipelining
/// and waiting for an unreachable gateway are its own affair. A further delivery method plugs in here.
/// </summary>
internal interface IGatewayClient
{
    /// <summary>The method as the configuration spells it.</summary>
    string DeliveryMethod { get; }

    /// <summary>The gateway as logs and the status name it.</summary>
    string Gateway { get; }

    /// <summary>Whether the gateway cannot be reached, and in whose words; null while it can.</summary>
    string? Trouble { get; }

    /// <summary>Works until the items end.</summary>
    /// <param name="items">Work; completed when the relay stops.</param>
    /// <param name="cancellationToken">Gives up what is under way.</param>
    Task RunAsync(ChannelReader<RelayItem> items, CancellationToken cancellationToken);
}
