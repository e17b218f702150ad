namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>How a Listen accepts connections, after fallback from Listen to ECStream_Listener.</summary>
/// <param name="Concurrency">
/// Accepts under way at once on the socket, <c>Concurrency</c>, no more than the <c>Concurrency</c> of the <c>ThreadPool</c> that <c>Pool_Name</c> names.
/// Range: 0 to 1024; 0 is 1. Default: 0, as in Momentum.
/// </param>
/// <param name="EventLoop">The pool of queues that the connections' reads and writes run on, or null for the one that all share. <c>Event_Loop</c>.</param>
public sealed record ListenAcceptOptions(int Concurrency, EventLoopOptions? EventLoop)
{
    /// <summary>What applies where no scope says otherwise.</summary>
    public static ListenAcceptOptions Default { get; } = new(Concurrency: 0, EventLoop: null);
}

/// <summary>An <c>EventLoop</c> scope: queues of their own for the connections of the Listens that name it.</summary>
/// <param name="Name">Its name; the case counts.</param>
/// <param name="Concurrency">Queues. Range: 0 to 1024; 0 leaves it to the system. Default: 0.</param>
public sealed record EventLoopOptions(string Name, int Concurrency);
