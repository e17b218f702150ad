using System.Buffers;
using System.Net.Sockets;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Baselines;

/// <summary>
/// What socket and framing allow: finds the packages and says yes to each, in one reply for all that came together. Nothing is kept and nothing
/// looked into. A stream that is broken, or a package over the limit, ends it.
/// </summary>
internal static class FramesServer
{
    private const int ReceiveBytes = 256 << 10;

    public static async Task ConverseAsync(Socket socket)
    {
        var packages = EcStreamCodec.Instance.CreatePackageReader(FramingLimits.Default);
        var nowhere = new Nowhere();
        var buffer = ArrayPool<byte>.Shared.Rent(ReceiveBytes);
        try
        {
            while (await socket.ReceiveAsync(buffer) is > 0 and var received)
            {
                var status = Read(packages, new ReadOnlySequence<byte>(buffer, 0, received), nowhere, out var count);
                await Replies.Accepted.SendAsync(socket, count);
                if (status != PackageStatus.NeedMore)
                {
                    await Replies.Broken.SendAsync(socket, 1);
                    return;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static PackageStatus Read(IPackageReader packages, in ReadOnlySequence<byte> received, Nowhere nowhere, out int count)
    {
        var input = new SequenceReader<byte>(received);
        PackageStatus status;
        for (count = 0; (status = packages.Read(ref input, nowhere, wholeOnly: false)) == PackageStatus.Complete; count++)
        {
        }

        return status;
    }

    /// <summary>Takes the one copy that the reader makes, always in the same place, which stays in the nearest cache.</summary>
    private sealed class Nowhere : IBufferWriter<byte>
    {
        private byte[] _place = new byte[16 << 10];

        public void Advance(int count)
        {
        }

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            if (sizeHint > _place.Length)
            {
                _place = new byte[sizeHint];
            }

            return _place;
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
