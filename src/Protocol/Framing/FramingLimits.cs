namespace EcStreamOrleans.Protocol.Framing;

/// <summary>What a package may be at most. Each is a grid limit with the name that refusals give.</summary>
/// <param name="MaxPackageBytes">Octets in a package: the message with its envelope. Grid:Limits:MaxPackageBytes.</param>
/// <param name="MaxRecipients">Recipients of a package. Grid:Limits:MaxRecipients.</param>
/// <param name="MaxAddressBytes">Octets in the sender and in each recipient. Grid:Limits:MaxAddressBytes.</param>
public sealed record FramingLimits(long MaxPackageBytes, int MaxRecipients, int MaxAddressBytes)
{
    /// <summary>32 MiB, 1,000 recipients, 512 octets an address.</summary>
    public static FramingLimits Default { get; } = new(33_554_432, 1_000, 512);

    /// <summary>No limit: for packages that have been accepted already.</summary>
    public static FramingLimits Unlimited { get; } = new(long.MaxValue, int.MaxValue, int.MaxValue);
}
