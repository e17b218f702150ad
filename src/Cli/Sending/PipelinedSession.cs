using EcStreamOrleans.Delivery;

namespace EcStreamOrleans.Cli.Sending;

/// <summary>One connection's conversation: sends under a window and reads the replies beside it.</summary>
internal static class PipelinedSession
{
    /// <summary>A server that groups flushes, or retries a store, may take its time; one that takes longer is stuck.</summary>
    public static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(120);

    /// <summary>How long an interrupted run waits for the replies on their way.</summary>
    private static readonly TimeSpan InterruptGrace = TimeSpan.FromSeconds(5);

    /// <summary>Sends until the feed is dry, the connection ends or the run is interrupted; reads every reply it can.</summary>
    /// <returns>How the connection ended before every reply was there, or null when nothing is owed.</returns>
    public static async Task<EcStreamEnd?> RunAsync(
        EcStreamConnection connection, IPackageFeed feed, int windowSize, TimeProvider timeProvider, CancellationToken interrupted)
    {
        var window = new SendWindow(windowSize);
        using var grace = new CancellationTokenSource(Timeout.InfiniteTimeSpan, timeProvider);
        await using var abort = grace.Token.Register(connection.Abort);
        await using var stop = interrupted.Register(() =>
        {
            window.Stop();
            grace.CancelAfter(InterruptGrace);
        });
        var sending = SendAsync(connection, feed, window);
        try
        {
            return await ReceiveAsync(connection, feed, window);
        }
        catch
        {
            // The feed failed on a reply, as a ledger on a full disk does: the sender must not go on alone.
            window.Stop();
            connection.Abort();
            throw;
        }
        finally
        {
            await sending;
        }
    }

    private static async Task SendAsync(EcStreamConnection connection, IPackageFeed feed, SendWindow window)
    {
        try
        {
            while (await window.WaitForRoomAsync() is > 0 and var room
                && feed.Prepare(connection, room) is > 0 and var prepared)
            {
                window.Sent(prepared);
                if (!await feed.SendAsync(connection))
                {
                    return;
                }
            }
        }
        finally
        {
            window.Stop();
        }
    }

    private static async Task<EcStreamEnd?> ReceiveAsync(EcStreamConnection connection, IPackageFeed feed, SendWindow window)
    {
        var reads = 0L;
        while (await window.WaitForOwedAsync())
        {
            var unreported = 0;
            do
            {
                var next = connection.ReadReplyAsync(ReplyTimeout, CancellationToken.None);
                if (!next.IsCompleted && unreported > 0)
                {
                    // Room is given back once for all replies of a read, so that the sender fills a write, not a package.
                    window.Answered(unreported);
                    unreported = 0;
                }

                var reply = await next;
                if (reads != connection.Reads)
                {
                    // Not whether it had to be waited for: what lies in the socket is read at once, and has come since.
                    reads = connection.Reads;
                    feed.OnArrival();
                }

                if (reply.HasEnded)
                {
                    window.Stop();
                    return reply.End;
                }

                feed.OnReply(reply.Index, reply.Reply);
                unreported++;
            }
            while (connection.Unanswered > 0);
            window.Answered(unreported);
        }

        return null;
    }
}
