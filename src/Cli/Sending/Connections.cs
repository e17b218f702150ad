using System.Net;
using EcStreamOrleans.Delivery;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Cli.Sending;

/// <summary>Opens connections.</summary>
internal static class Connections
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    public static Task<EcStreamConnectResult> ConnectAsync(EcStreamEndpoint to, CliHost host, CancellationToken cancellationToken) =>
        ConnectAsync(to, localAddress: null, host, cancellationToken);

    private static Task<EcStreamConnectResult> ConnectAsync(
        EcStreamEndpoint to, IPAddress? localAddress, CliHost host, CancellationToken cancellationToken) =>
        EcStreamConnection.ConnectAsync(to, localAddress, ConnectTimeout, EcStreamCodec.Instance, host.TimeProvider, cancellationToken);

    /// <summary>Opens all of a run's connections before anything is sent: a run either starts whole or not at all.</summary>
    /// <param name="to">The server.</param>
    /// <param name="localAddress">Where each connection comes from; null lets the system choose.</param>
    /// <param name="count">How many.</param>
    /// <param name="host">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connections, or null and why.</returns>
    public static async Task<(IReadOnlyList<EcStreamConnection>? Connections, string? Error)> OpenAllAsync(
        EcStreamEndpoint to, Func<int, IPAddress?> localAddress, int count, CliHost host, CancellationToken cancellationToken)
    {
        var open = new List<EcStreamConnection>(count);
        for (var i = 0; i < count; i++)
        {
            string error;
            try
            {
                var result = await ConnectAsync(to, localAddress(i), host, cancellationToken);
                if (result.IsConnected)
                {
                    open.Add(result.Connection);
                    continue;
                }

                error = result.Error;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                error = "interrupted before the run started";
            }

            foreach (var connection in open)
            {
                await connection.DisposeAsync();
            }

            return (null, error);
        }

        return (open, null);
    }
}
