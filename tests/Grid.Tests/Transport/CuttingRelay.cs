using System.Net;
using System.Net.Sockets;

namespace EcStreamOrleans.Grid.Tests.Transport;

/// <summary>Stands between a client and a port. When told, it cuts every connection inside what the client is just sending.</summary>
internal sealed class CuttingRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _accepting;
    private readonly List<Task> _relaying = [];
    private readonly CancellationTokenSource _stopping = new();
    private long _octetsLeft = long.MaxValue;
    private int _cuts;

    public CuttingRelay(int port)
    {
        Target = port;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Where it leads.</summary>
    public int Target { get; }

    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>The connection that sends this many octets more is cut; later ones live.</summary>
    public void CutAfter(long octets) => Interlocked.Exchange(ref _octetsLeft, octets);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_relaying);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _relaying.Add(RelayAsync(await _listener.AcceptTcpClientAsync()));
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It was stopped.
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, Target, _stopping.Token);
                await Task.WhenAny(CopyAsync(client, server, mayCut: true), CopyAsync(server, client, mayCut: false));
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                // Nobody listens any more, or it was stopped.
            }
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, bool mayCut)
    {
        var buffer = new byte[16_384];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _stopping.Token) is var read and > 0)
            {
                if (mayCut && Interlocked.Add(ref _octetsLeft, -read) <= 0)
                {
                    Interlocked.Exchange(ref _octetsLeft, long.MaxValue);
                    Interlocked.Increment(ref _cuts);
                    return;
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _stopping.Token);
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // One side is gone; the other goes, too.
        }
    }
}
