using System.Collections.Concurrent;
using EcStreamOrleans.Cli.Sending;
using EcStreamOrleans.Delivery;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Cli.Injecting;

/// <summary>Feeds one connection from the queue and remembers which files await their reply.</summary>
internal sealed class InjectFeed(PackageQueue queue, ReplyTally tally, FailureLines failures, long limit) : IPackageFeed
{
    // One write of this size is enough to keep a socket busy; more would only be memory.
    private const int WriteBytes = 262_144;

    private readonly ConcurrentQueue<int> _awaiting = new();
    private long _prepared;

    /// <summary>The files of the packages without a reply, once the connection has ended.</summary>
    public IReadOnlyCollection<int> Awaiting => _awaiting;

    public int Prepare(EcStreamConnection connection, int room)
    {
        var count = 0;
        while (count < room && _prepared < limit && connection.BufferedBytes < WriteBytes && queue.TryTake(out var file, out var package))
        {
            _awaiting.Enqueue(file);
            connection.WritePackage(package);
            _prepared++;
            count++;
        }

        return count;
    }

    public ValueTask<bool> SendAsync(EcStreamConnection connection) => connection.FlushAsync(CancellationToken.None);

    public void OnArrival()
    {
        // When is of no interest.
    }

    public void OnReply(long index, in Reply reply)
    {
        _awaiting.TryDequeue(out var file);
        tally.Add(reply);
        if (reply.Code != ReplyCode.Accepted)
        {
            failures.Add(file, reply.Code == ReplyCode.Deferred ? "deferred" : "rejected", reply.Text);
        }
    }
}
