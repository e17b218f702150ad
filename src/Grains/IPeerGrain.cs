using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;
using Orleans.Concurrency;

namespace EcStreamOrleans.Grains;

/// <summary>
/// One injecting peer, or a Peer scope. The key is <see cref="PeerId.Key"/> or the scope's block: a single address is both. It knows the peer's
/// sessions on every edge, takes their batches, keeps the book of their last activity, and holds what is set at the scope as
/// persisted state.
/// </summary>
[Alias("ecstream.peer")]
public interface IPeerGrain : IGrainWithStringKey
{
    /// <summary>Opens a session.</summary>
    /// <param name="request">Which session, through which Listen of which edge.</param>
    /// <param name="edge">Takes the grain's orders concerning this session.</param>
    /// <param name="cancellationToken">Ends the wait, not what the grain does.</param>
    /// <returns>That it is in the book, or what it is refused for. The same session again replaces its entry.</returns>
    [Alias("open-session")]
    [ResponseTimeout("00:00:05")]
    ValueTask<SessionAnswer> OpenSessionAsync(SessionRequest request, IEdgeObserver edge, CancellationToken cancellationToken);

    /// <summary>
    /// Makes a batch durable. Calls interleave: no turn waits for a disk. Idempotent by <see cref="MailBatch.Id"/>: a caller
    /// in doubt asks again with the same batch.
    /// </summary>
    /// <param name="batch">The batch; unchanged, and kept alive by the caller until the call is decided.</param>
    /// <param name="cancellationToken">Ends the wait, not what the grain does.</param>
    /// <returns>One verdict for the whole batch.</returns>
    [Alias("accept")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:05")]
    ValueTask<BatchVerdict> AcceptAsync(MailBatch batch, CancellationToken cancellationToken);

    /// <summary>
    /// Gives or refuses leave for a batch whose payload goes into the spool of the silo where it entered. Judged and accounted as by
    /// <see cref="AcceptAsync"/>; nothing is durable with the answer, whose spool and record are empty. The same claim again takes nothing twice.
    /// </summary>
    /// <param name="claim">The batch without its payload.</param>
    /// <param name="cancellationToken">Ends the wait, not what the grain does.</param>
    /// <returns>Leave, or why there is none.</returns>
    [Alias("admit")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:05")]
    ValueTask<BatchVerdict> AdmitAsync(BatchClaim claim, CancellationToken cancellationToken);

    /// <summary>The edge's answer to <see cref="IEdgeObserver.CloseIdleAsync"/> for a session that is not idle.</summary>
    /// <param name="session">The session.</param>
    /// <param name="idleFor">For how long nothing has come and nothing has been owed.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    [Alias("report-activity")]
    [ResponseTimeout("00:00:05")]
    ValueTask ReportActivityAsync(Guid session, TimeSpan idleFor, CancellationToken cancellationToken);

    /// <summary>Closes a session in the grain's book.</summary>
    /// <param name="session">The session.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    [Alias("close-session")]
    [ResponseTimeout("00:00:05")]
    ValueTask CloseSessionAsync(Guid session, CancellationToken cancellationToken);

    /// <summary>Takes over what the policy log has at a place of this scope. Idempotent: an older version changes nothing. Durable when it returns.</summary>
    /// <param name="listen">The Listen in its one spelling, or empty for the ECStream_Listener.</param>
    /// <param name="value">What is set there.</param>
    /// <param name="version">The version of the policy that sets it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    [Alias("apply")]
    [ResponseTimeout("00:00:05")]
    ValueTask ApplyAsync(string listen, PeerOverride value, long version, CancellationToken cancellationToken);

    /// <summary>What the grain holds as the state of this scope.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    [Alias("get-scope")]
    [ResponseTimeout("00:00:05")]
    ValueTask<IReadOnlyList<ScopeState>> GetScopeAsync(CancellationToken cancellationToken);

    /// <summary>The grain's book: its sessions and counts.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    [Alias("get-book")]
    [ResponseTimeout("00:00:05")]
    ValueTask<PeerBook> GetBookAsync(CancellationToken cancellationToken);
}

/// <summary>Takes the orders that a peer's grain gives an edge. Best effort: an order that is lost is given again.</summary>
[Alias("ecstream.edge-observer")]
public interface IEdgeObserver : IGrainObserver
{
    /// <summary>
    /// Close a session that is idle by the grain's book. An edge that has heard from the client meanwhile does not close it
    /// and calls <see cref="IPeerGrain.ReportActivityAsync"/>.
    /// </summary>
    /// <param name="peer">The peer's key.</param>
    /// <param name="session">The session.</param>
    /// <param name="idleTime">The idle time that has passed.</param>
    [Alias("close-idle")]
    [OneWay]
    ValueTask CloseIdleAsync(string peer, Guid session, TimeSpan idleTime);
}
