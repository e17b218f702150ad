namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>How the socket of a Listen is made, after fallback from Listen to ECStream_Listener (and Nagle's from there to global).</summary>
/// <param name="Enable">Whether it is bound at all. Default: true.</param>
/// <param name="Backlog">Connections that wait to be accepted; the system may allow less. Range: 1 to 65535. Default: 500, that of Momentum.</param>
/// <param name="FileMode">The permission bits of a Unix socket. Range: 0 to octal 0777. Default: octal 0660, that of Momentum.</param>
/// <param name="NoDelay">
/// TCP_NODELAY. Default: true, other than Momentum's: a reply is a small write, which Nagle's algorithm may hold back until the
/// client's delayed acknowledgement, some 40 ms.
/// </param>
/// <param name="ReceiveBufferBytes">
/// SO_RCVBUF; 0 leaves it to the system. Range: 0 to 1 GiB. Default: 0, other than Momentum's 4096: a window that small caps a
/// connection at 4 KB a round trip.
/// </param>
/// <param name="SendBufferBytes">SO_SNDBUF; 0 leaves it to the system. Range: 0 to 1 GiB. Default: 0, as for receiving.</param>
public sealed record ListenSocketOptions(bool Enable, int Backlog, int FileMode, bool NoDelay, int ReceiveBufferBytes, int SendBufferBytes)
{
    /// <summary>What applies where no scope says otherwise.</summary>
    public static ListenSocketOptions Default { get; } =
        new(Enable: true, Backlog: 500, FileMode: 0x1b0, NoDelay: true, ReceiveBufferBytes: 0, SendBufferBytes: 0);
}
