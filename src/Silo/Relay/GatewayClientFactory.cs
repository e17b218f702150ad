using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Silo.Relay;

/// <summary>Makes the client of the configured delivery method.</summary>
internal sealed class GatewayClientFactory(RelayOptions relay, IStreamCodec codec, TimeProvider clock, ILoggerFactory loggers)
{
    /// <summary>The client, or null if no gateway is configured.</summary>
    public IGatewayClient? Create(GatewayOptions? gateway) => gateway switch
    {
        null => null,
        { Method: DeliveryMethod.EcStream } => new EcStreamGateway(gateway, relay, codec, clock, loggers.CreateLogger<EcStreamGateway>()),
        { Method: DeliveryMethod.Maildir } => new MaildirGateway(gateway, relay, codec, clock),
        { } other => throw new InvalidOperationException($"No client for delivery method {other.Method}."),
    };
}
