using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Orleans.Networking.Shared;

namespace EcStreamOrleans.Transport.Sockets;

/// <summary>Accepts connections on a port of a silo. Orleans stops listening for good at the first error that reaches it: none does.</summary>
internal sealed class SocketListener(Socket socket, SocketConnectionOptions options, TransportLog log, TimeProvider clock) : IConnectionListener
{
    /// <summary>How long accepting pauses when the system has no more descriptors or memory: trying at once would take a core and free nothing.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _unbound = new();

    /// <inheritdoc/>
    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _unbound.Token);
        while (!end.IsCancellationRequested)
        {
            Socket? accepted = null;
            try
            {
                accepted = await socket.AcceptAsync(end.Token);
                SocketConnectionFactory.Apply(options, accepted);
                return new SocketConnection(accepted);
            }
            catch (Exception) when (end.IsCancellationRequested)
            {
                accepted?.Dispose();
            }
            catch (SocketException error) when (accepted is not null || error.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                // It was gone before it was ours.
                accepted?.Dispose();
            }
            catch (SocketException error)
            {
                log.NotAccepting(error, EndPoint);
                await Task.Delay(Pause, clock, end.Token).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await _unbound.CancelAsync();
        socket.Dispose();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => UnbindAsync(CancellationToken.None);
}
