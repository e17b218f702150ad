using System.Net;
using EcStreamOrleans.Delivery;

namespace EcStreamOrleans.Cli.Loading;

/// <summary>What a run of load is asked to do.</summary>
/// <param name="To">The server.</param>
/// <param name="Size">Octets of each message.</param>
/// <param name="Count">Messages.</param>
/// <param name="Connections">Connections at the same time.</param>
/// <param name="Window">Packages that may await their reply on one connection.</param>
/// <param name="Json">Whether to print JSON.</param>
/// <param name="Sender">The envelope sender.</param>
/// <param name="Recipient">The recipient.</param>
/// <param name="Ledger">The file that accepted messages are written down in, or null.</param>
/// <param name="AllowsRemote">Whether the server may be another machine.</param>
/// <param name="Bind">The address to connect from, or null for the system's choice.</param>
/// <param name="Peers">From how many addresses, this one and those behind it.</param>
/// <param name="Rate">Messages a second at most, of all connections; 0 for no bound.</param>
internal sealed record LoadOptions(
    EcStreamEndpoint To,
    int Size,
    int Count,
    int Connections,
    int Window,
    bool Json,
    string Sender,
    string Recipient,
    string? Ledger,
    bool AllowsRemote,
    IPAddress? Bind = null,
    int Peers = 1,
    int Rate = 0);
