using System.Buffers;
using System.Text;
using CsCheck;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Protocol.Tests.Framing;

public class ReplyTests
{
    [Fact]
    public void WhatIsWritten_IsReadBack_CutAnywhere()
    {
        Gen.Select(Gen.Int[0, 2].Select(i => i == 0 ? ReplyCode.Accepted : i == 1 ? ReplyCode.Deferred : ReplyCode.Rejected), Gen.Char[' ', '~'].Array[0, 300], Gen.Int[1, 50]).Sample((code, chars, size) =>
        {
            var text = new string(chars);
            var output = new ArrayBufferWriter<byte>();
            EcStreamCodec.Instance.WriteReply(output, code, Encoding.UTF8.GetBytes(text));
            for (var length = 0; length < output.WrittenCount; length++)
            {
                var part = new SequenceReader<byte>(new ReadOnlySequence<byte>(output.WrittenMemory[..length]));
                Assert.Equal(ReplyStatus.NeedMore, EcStreamCodec.Instance.ReadReply(ref part, out _));
                Assert.Equal(0, part.Consumed);
            }

            var input = new SequenceReader<byte>(Segments.Of(output.WrittenMemory, size));
            var again = input;
            Assert.Equal(ReplyStatus.Complete, EcStreamCodec.Instance.ReadReply(ref input, out var reply));
            Assert.Equal(ReplyStatus.Complete, EcStreamCodec.Instance.ReadReply(ref again, out var verdict, keepsAcceptedText: false));
            return input.End && again.End && reply == new Reply(code, text) && verdict == new Reply(code, code == ReplyCode.Accepted ? "" : text);
        });
    }

    [Theory]
    [InlineData("0:,")]
    [InlineData("03:Kok,")]
    [InlineData("x")]
    [InlineData(":")]
    [InlineData("3:Kok;")]
    [InlineData("3:Xok,")]
    [InlineData("99999:")]
    [InlineData("99999999999999999999999:")]
    public void WhatIsNoReply_IsMalformed(string stream)
    {
        var input = new SequenceReader<byte>(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(stream)));

        Assert.Equal(ReplyStatus.Malformed, EcStreamCodec.Instance.ReadReply(ref input, out _));
    }

    [Fact]
    public void RandomOctets_NeverThrow()
    {
        Gen.Byte.Array[0, 100].Sample(octets =>
        {
            var input = new SequenceReader<byte>(new ReadOnlySequence<byte>(octets));
            EcStreamCodec.Instance.ReadReply(ref input, out _);
        });
    }
}
