using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Protocol.Framing;

using EcStreamOrleans.Silo.Spooling;

namespace EcStreamOrleans.Silo.Relay;

/// <summary>Makes the client of the configured delivery method.</summary>
internal sealed class GatewayClientFactory(LiveConfiguration configuration, RelayOptions options, SpoolHost spool, IStreamCodec codec, TimeProvider clock, ILoggerFactory loggers)
{
    /// <summary>The client, or null if no gateway is configured.</summary>
    public IGatewayClient? Create() => configuration.Grid.Gateway switch
    {
        null => null,
        { Method: DeliveryMethod.EcStream } gateway => new EcStreamGateway(gateway, options, codec, clock, loggers.CreateLogger<EcStreamGateway>()),
        { Method: DeliveryMethod.Maildir } gateway => new MaildirGateway(gateway, options, spool.Spool.Id, codec, clock),
        { } other => throw new InvalidOperationException($"No client for delivery method {other.Method}."),
    };
}
