using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>A client that sends what it is told, sound or not, and reads what comes.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private byte[] _unread = [];

    private RawClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Connects, perhaps from one of the loopback addresses: each is a peer.</summary>
    public static async Task<RawClient> ConnectAsync(EndPoint endPoint, IPAddress? from = null)
    {
        var socket = endPoint is IPEndPoint
            ? new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        if (from is not null)
        {
            socket.Bind(new IPEndPoint(from, 0));
        }

        await socket.ConnectAsync(endPoint);
        return new RawClient(socket);
    }

    public static byte[] Package(string message, string sender = "s@a.test", params string[] recipients)
    {
        var output = new ArrayBufferWriter<byte>();
        EcStreamCodec.Instance.WritePackage(
            output,
            Encoding.Latin1.GetBytes(message),
            Encoding.Latin1.GetBytes(sender),
            (recipients.Length == 0 ? ["r@b.test"] : recipients).Select(r => (ReadOnlyMemory<byte>)Encoding.Latin1.GetBytes(r)).ToArray());
        return output.WrittenSpan.ToArray();
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(byte[] octets) => await _stream.WriteAsync(octets);

    public void HalfClose() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    public async Task<string> ReadReplyAsync()
    {
        while (true)
        {
            if (TryTakeReply(out var reply))
            {
                return $"{(char)reply.Code}{reply.Text}";
            }

            if (!await ReadMoreAsync())
            {
                throw new EndOfStreamException($"The server closed; unread: '{Encoding.Latin1.GetString(_unread)}'.");
            }
        }
    }

    public async Task<List<string>> ReadRepliesAsync(int count)
    {
        var replies = new List<string>();
        while (replies.Count < count)
        {
            replies.Add(await ReadReplyAsync());
        }

        return replies;
    }

    /// <summary>Reads to the end of the stream.</summary>
    /// <returns>The replies that came, or null where the stream ended inside one.</returns>
    public async Task<List<string>> ReadToEndAsync()
    {
        while (await ReadMoreAsync())
        {
        }

        var replies = new List<string>();
        while (TryTakeReply(out var reply))
        {
            replies.Add($"{(char)reply.Code}{reply.Text}");
        }

        Assert.Empty(_unread);
        return replies;
    }

    public void Dispose() => _stream.Dispose();

    private bool TryTakeReply(out Reply reply)
    {
        var input = new SequenceReader<byte>(new ReadOnlySequence<byte>(_unread));
        if (EcStreamCodec.Instance.ReadReply(ref input, out reply) != ReplyStatus.Complete)
        {
            return false;
        }

        _unread = _unread[(int)input.Consumed..];
        return true;
    }

    private async Task<bool> ReadMoreAsync()
    {
        var buffer = new byte[65_536];
        int read;
        try
        {
            read = await Within.PatienceOf(_stream.ReadAsync(buffer).AsTask(), "the server sends, or closes");
        }
        catch (IOException)
        {
            return false;
        }

        _unread = [.. _unread, .. buffer[..read]];
        return read > 0;
    }
}
