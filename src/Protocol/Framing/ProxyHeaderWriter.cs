using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace EcStreamOrleans.Protocol.Framing;

/// <summary>Writes the header of the PROXY protocol, version 2; <see cref="ProxyHeaderReader"/> has the grammar.</summary>
public static class ProxyHeaderWriter
{
    /// <summary>The header of a connection whose proxy speaks for itself.</summary>
    public static byte[] Local() => Write(0x20, 0x00, []);

    /// <summary>The header of a session that is passed on.</summary>
    /// <param name="source">The client's address and port.</param>
    /// <param name="destination">Where it connected to.</param>
    /// <param name="peer">What its certificate was worth.</param>
    public static byte[] PassedOn(IPEndPoint source, IPEndPoint destination, PassedPeer peer)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(peer);

        // Both are of one family in a header.
        var isIPv4 = IsIPv4(source.Address) && IsIPv4(destination.Address);
        byte[] ports = new byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(ports, (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(ports.AsSpan(2), (ushort)destination.Port);
        return Write(
            0x21,
            isIPv4 ? (byte)0x11 : (byte)0x21,
            [.. Octets(source.Address, isIPv4), .. Octets(destination.Address, isIPv4), .. ports, .. PassedPeerExtension.Write(peer)]);
    }

    private static bool IsIPv4(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork || address.IsIPv4MappedToIPv6;

    private static byte[] Octets(IPAddress address, bool isIPv4) => (isIPv4 ? address.MapToIPv4() : address.MapToIPv6()).GetAddressBytes();

    private static byte[] Write(byte command, byte family, ReadOnlySpan<byte> rest) =>
        [.. ProxyHeaderReader.Signature, command, family, (byte)(rest.Length >> 8), (byte)rest.Length, .. rest];
}
