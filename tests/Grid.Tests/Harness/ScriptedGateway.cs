using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>A gateway that answers each package as it is told, and keeps what it said yes to.</summary>
internal sealed class ScriptedGateway : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly Func<int, string, string> _answer;
    private readonly int _packagesPerConnection;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _packages;

    /// <param name="answer">The package's number, from 0, and its message: the reply, "" for none, "!" to reset the connection.</param>
    /// <param name="packagesPerConnection">The connection is closed behind so many replies.</param>
    /// <param name="port">0 for any.</param>
    public ScriptedGateway(Func<int, string, string> answer, int packagesPerConnection = int.MaxValue, int port = 0)
    {
        _answer = answer;
        _packagesPerConnection = packagesPerConnection;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections { get; private set; }

    public ConcurrentQueue<(string Message, string Sender, string Recipients)> Accepted { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Connections++;
                serving.Add(ServeAsync(client));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }

        await Task.WhenAll(serving);
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var socket = client;
        var stream = client.GetStream();
        var reader = EcStreamCodec.Instance.CreatePackageReader(FramingLimits.Default);
        var package = new ArrayBufferWriter<byte>();
        var buffer = new byte[65_536];
        try
        {
            for (var served = 0; ;)
            {
                var read = await stream.ReadAsync(buffer, _stop.Token);
                if (read == 0)
                {
                    return;
                }

                for (var rest = buffer.AsMemory(0, read); ;)
                {
                    if (ReadPackage(reader, ref rest, package) is not { } mail)
                    {
                        break;
                    }

                    var answer = _answer(Interlocked.Increment(ref _packages) - 1, mail.Message);
                    if (answer == "!")
                    {
                        client.LingerState = new LingerOption(enable: true, seconds: 0);
                        return;
                    }

                    if (answer.StartsWith('K'))
                    {
                        Accepted.Enqueue(mail);
                    }

                    if (answer.Length > 0)
                    {
                        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{answer.Length}:{answer},"), _stop.Token);
                    }

                    if (++served == _packagesPerConnection)
                    {
                        return;
                    }
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
        }
    }

    private static (string Message, string Sender, string Recipients)? ReadPackage(IPackageReader reader, ref Memory<byte> rest, ArrayBufferWriter<byte> package)
    {
        var input = new SequenceReader<byte>(new ReadOnlySequence<byte>(rest));
        var status = reader.Read(ref input, package, wholeOnly: false);
        rest = rest[(int)input.Consumed..];
        if (status != PackageStatus.Complete)
        {
            return null;
        }

        Assert.Equal(PackageFault.None, EcStreamCodec.Instance.ReadEnvelope(package.WrittenSpan, FramingLimits.Default, out var envelope));
        var recipients = new List<string>();
        foreach (var recipient in envelope.Recipients)
        {
            recipients.Add(Encoding.Latin1.GetString(recipient));
        }

        var mail = (Encoding.Latin1.GetString(envelope.Message), Encoding.Latin1.GetString(envelope.Sender), string.Join(' ', recipients));
        package.ResetWrittenCount();
        return mail;
    }
}
