using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EcStreamOrleans.Delivery;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Cli.Tests;

/// <summary>A server whose behaviour a test writes down, one connection after the other or many at once.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;
    private int _connections;

    public ScriptedServer(Func<ServerConnection, Task> script)
    {
        _listener.Start();
        _accepting = AcceptAsync(script);
    }

    public int Connections => _connections;

    public string Address => _listener.LocalEndpoint.ToString()!;

    public EcStreamEndpoint Endpoint => EcStreamEndpoint.TryParse(Address, out var endpoint, out _) ? endpoint : throw new InvalidOperationException();

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting.WaitAsync(CliRun.Patience);
    }

    private async Task AcceptAsync(Func<ServerConnection, Task> script)
    {
        var running = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_end.Token);
                _connections++;
                running.Add(Task.Run(async () =>
                {
                    using var connection = new ServerConnection(socket, _end.Token);
                    try
                    {
                        await script(connection);
                    }
                    catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException)
                    {
                        // The client went, or the test is over.
                    }
                }));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(running);
        }
    }
}

/// <summary>The server's side of one connection.</summary>
internal sealed class ServerConnection(Socket socket, CancellationToken end) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);
    private readonly IPackageReader _reader = EcStreamCodec.Instance.CreatePackageReader(FramingLimits.Default);
    private readonly byte[] _buffer = new byte[16_384];
    private readonly Queue<byte[]> _whole = new();
    private readonly ArrayBufferWriter<byte> _package = new();

    public CancellationToken End => end;

    public IPAddress RemoteAddress => ((IPEndPoint)socket.RemoteEndPoint!).Address;

    /// <summary>The next package, or null at the end of the stream.</summary>
    public async Task<byte[]?> ReadPackageAsync(int pieceBytes = 16_384)
    {
        while (_whole.Count == 0)
        {
            var count = await _stream.ReadAsync(_buffer.AsMemory(0, pieceBytes), end);
            if (count == 0)
            {
                return null;
            }

            Take(count);
        }

        return _whole.Dequeue();
    }

    public Task ReplyAsync(string reply) => WriteAsync($"{reply.Length}:{reply},");

    public Task WriteAsync(string octets) => _stream.WriteAsync(Encoding.ASCII.GetBytes(octets), end).AsTask();

    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    public void Dispose() => _stream.Dispose();

    private void Take(int count)
    {
        var input = new SequenceReader<byte>(new ReadOnlySequence<byte>(_buffer, 0, count));
        while (_reader.Read(ref input, _package, wholeOnly: false) == PackageStatus.Complete)
        {
            _whole.Enqueue(_package.WrittenSpan.ToArray());
            _package.ResetWrittenCount();
        }
    }
}
