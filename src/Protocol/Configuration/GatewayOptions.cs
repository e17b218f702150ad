namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>How messages leave the grid.</summary>
public enum DeliveryMethod
{
    /// <summary>Over an ECStream connection to another host.</summary>
    EcStream,

    /// <summary>Into files of a directory; an extension of ours.</summary>
    Maildir,
}

/// <summary>The static next hop for everything that is accepted.</summary>
/// <param name="Method">How the gateway is reached.</param>
/// <param name="Host">For <see cref="DeliveryMethod.EcStream"/>: a host name, or an address without brackets; else <see langword="null"/>.</param>
/// <param name="Port">For <see cref="DeliveryMethod.EcStream"/>: the destination port. Default: 1825, that of Momentum.</param>
/// <param name="Directory">For <see cref="DeliveryMethod.Maildir"/>: the absolute directory; else <see langword="null"/>.</param>
/// <param name="ConnectTimeout">How long to wait for a connection to be established. Default: 600 s, that of Momentum.</param>
public sealed record GatewayOptions(
    DeliveryMethod Method, string? Host, int Port, string? Directory, TimeSpan ConnectTimeout);
