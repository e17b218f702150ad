using EcStreamOrleans.Delivery;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Cli.Sending;

/// <summary>What one connection sends, and who hears of the replies.</summary>
internal interface IPackageFeed
{
    /// <summary>Gets the next packages ready.</summary>
    /// <param name="connection">The connection they will go to.</param>
    /// <param name="room">How many at most.</param>
    /// <returns>How many; 0 when there are no more.</returns>
    int Prepare(EcStreamConnection connection, int room);

    /// <summary>Sends what <see cref="Prepare"/> got ready.</summary>
    /// <returns><see langword="false"/> if the connection no longer takes packages.</returns>
    ValueTask<bool> SendAsync(EcStreamConnection connection);

    /// <summary>Replies have arrived, by one read; the next calls of <see cref="OnReply"/> are theirs.</summary>
    void OnArrival();

    /// <summary>The next package's reply. Runs beside the sending.</summary>
    void OnReply(long index, in Reply reply);
}
