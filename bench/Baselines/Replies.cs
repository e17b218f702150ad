using System.Buffers;
using System.Net.Sockets;
using System.Text;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Baselines;

/// <summary>Replies that are all alike, written once and sent as often as they are needed, many at a time.</summary>
internal sealed class Replies
{
    private const int AtOnce = 4_096;

    private readonly byte[] _octets;

    private Replies(ReplyCode code, string text)
    {
        var output = new ArrayBufferWriter<byte>();
        EcStreamCodec.Instance.WriteReply(output, code, Encoding.UTF8.GetBytes(text));
        Size = output.WrittenCount;
        _octets = [.. Enumerable.Repeat(output.WrittenSpan.ToArray(), AtOnce).SelectMany(octets => octets)];
    }

    /// <summary>As long as a node's are.</summary>
    public static Replies Accepted { get; } = new(ReplyCode.Accepted, "2.0.0 ok 0000-1000-100");

    public static Replies Deferred { get; } = new(ReplyCode.Deferred, "4.3.1 the spool did not take it");

    public static Replies Broken { get; } = new(ReplyCode.Rejected, "5.5.2 no package");

    private int Size { get; }

    public async ValueTask SendAsync(Socket socket, int count)
    {
        for (; count > 0; count -= AtOnce)
        {
            var rest = _octets.AsMemory(0, Math.Min(count, AtOnce) * Size);
            while (!rest.IsEmpty)
            {
                rest = rest[await socket.SendAsync(rest)..];
            }
        }
    }
}
