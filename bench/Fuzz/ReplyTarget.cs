using System.Buffers;
using System.Text;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Fuzz;

/// <summary>Replies with damage, read whole and in pieces.</summary>
public sealed class ReplyTarget : IFuzzTarget
{
    private static readonly ReplyCode[] Codes = [ReplyCode.Accepted, ReplyCode.Deferred, ReplyCode.Rejected];

    public string Name => "replies";

    public byte[] Generate(Random random)
    {
        var stream = new ArrayBufferWriter<byte>();
        for (var replies = random.Next(1, 20); replies > 0; replies--)
        {
            var text = new byte[random.Next(random.Next(2_000) == 0 ? 10_000 : 60)];
            random.NextBytes(text);
            EcStreamCodec.Instance.WriteReply(stream, random.Pick(Codes), text);
        }

        return Streams.Damage(stream.WrittenSpan, random);
    }

    public void Check(byte[] input)
    {
        var random = Streams.RandomOf(input);
        var whole = Read(input, () => input.Length, int.MaxValue);
        for (var deliveries = 0; deliveries < 3; deliveries++)
        {
            var most = random.Pick([1, 5, 100]);
            var split = Read(input, () => random.Next(1, most + 1), random.Pick([1, 3, int.MaxValue]));
            FuzzException.ThrowUnless(whole == split, $"in pieces of up to {most}: {split}\nwhole: {whole}");
        }
    }

    private static string Read(byte[] stream, Func<int> piece, int segment)
    {
        var words = new StringBuilder();
        var (arrived, consumed, status) = (0, 0, ReplyStatus.NeedMore);
        while (arrived < stream.Length && status != ReplyStatus.Malformed)
        {
            arrived = Math.Min(stream.Length, arrived + piece());
            do
            {
                var input = new SequenceReader<byte>(Streams.Segment(stream.AsMemory(consumed..arrived), segment));
                status = EcStreamCodec.Instance.ReadReply(ref input, out var reply);
                FuzzException.ThrowUnless(status == ReplyStatus.Complete || input.Consumed == 0, "octets were taken, and no reply was given");
                consumed += (int)input.Consumed;
                if (status == ReplyStatus.Complete)
                {
                    words.Append((char)reply.Code).Append(reply.Text).Append('\n');
                }
            }
            while (status == ReplyStatus.Complete);
        }

        return words.Append(status).Append(consumed).ToString();
    }
}
