using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>
/// The line to a port of this machine, which a test can cut: what arrives at its sockets is dropped before TCP sees it, by a filter in the kernel, as where a cable is pulled. Nothing is
/// acknowledged, no connection ends, none begins. Healed, TCP carries on with what it has sent again and again meanwhile.
/// </summary>
internal sealed class Wire : IDisposable
{
    // asm-generic/socket.h; the filter's one instruction is "return 0": keep nothing of the packet.
    private const int SocketLevel = 1;
    private const int AttachFilter = 26;
    private const int DetachFilter = 27;

    private readonly int _target;
    private readonly Socket _listener = New();
    private readonly CancellationTokenSource _end = new();
    private readonly HashSet<Socket> _sockets = [];
    private bool _isCut;

    public Wire(int target)
    {
        _target = target;
        Port = ServicePort.Next();
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        _listener.Listen();
        _sockets.Add(_listener);
        _ = AcceptAsync();
    }

    /// <summary>Where it begins.</summary>
    public int Port { get; }

    public void Cut() => Set(isCut: true);

    public void Heal() => Set(isCut: false);

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _end.Dispose();
    }

    private static Socket New() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private void Set(bool isCut)
    {
        lock (_sockets)
        {
            _isCut = isCut;
            foreach (var socket in _sockets)
            {
                Filter(socket, isCut);
            }
        }
    }

    private static void Filter(Socket socket, bool isCut)
    {
        if (!isCut)
        {
            socket.SetRawSocketOption(SocketLevel, DetachFilter, new byte[sizeof(int)]);
            return;
        }

        var instruction = GCHandle.Alloc(new byte[] { 0x06, 0, 0, 0, 0, 0, 0, 0 }, GCHandleType.Pinned);
        try
        {
            // struct sock_fprog: how many instructions, and where they are.
            var program = new byte[16];
            program[0] = 1;
            BitConverter.TryWriteBytes(program.AsSpan(8), instruction.AddrOfPinnedObject());
            socket.SetRawSocketOption(SocketLevel, AttachFilter, program);
        }
        finally
        {
            instruction.Free();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = CarryAsync(await _listener.AcceptAsync(_end.Token));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task CarryAsync(Socket near)
    {
        var far = New();
        Socket[] both = [near, far];
        try
        {
            near.NoDelay = true;
            await far.ConnectAsync(IPAddress.Loopback, _target, _end.Token);
            lock (_sockets)
            {
                _sockets.UnionWith(both);
                Array.ForEach(_isCut ? both : [], socket => Filter(socket, isCut: true));
            }

            await Task.WhenAll(CarryAsync(near, far), CarryAsync(far, near));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One side broke off, which the other sees by the end of this.
        }

        lock (_sockets)
        {
            _sockets.ExceptWith(both);
            Array.ForEach(both, socket => socket.Dispose());
        }
    }

    private async Task CarryAsync(Socket from, Socket to)
    {
        var buffer = new byte[65_536];
        int read;
        do
        {
            try
            {
                read = await from.ReceiveAsync(buffer, _end.Token);
                for (var sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _end.Token);
                }
            }
            catch (SocketException)
            {
                from.Close();
                to.Close();
                throw;
            }
        }
        while (read > 0);
        to.Shutdown(SocketShutdown.Send);
    }
}
