namespace EcStreamOrleans.Scale;

/// <summary>All that goes into the figures. What is neither measured nor an option of ours is an assumption, and docs/scale.md says so.</summary>
internal static class Assumptions
{
    /// <summary>The sizes of one cluster that are looked at; three silos to two edges.</summary>
    public static readonly int[] NodeCounts = [10, 100, 1000];

    // Options of membership, as docs/scale.md proposes them; the number of probed silos, votes, table refresh and heartbeat are Orleans' defaults.
    public const double ProbeSeconds = 1;
    public const int MissedProbes = 3;
    public const int ProbedSilos = 10;
    public const int Votes = 2;
    public const double TableRefreshSeconds = 60;
    public const double HeartbeatSeconds = 30;
    public const double GatewayRefreshSeconds = 10;

    // Orleans' waits after a write that met another: between the least and the least plus a step that doubles, up to the most.
    public const double BackoffLeastSeconds = 0.1;
    public const double BackoffStepSeconds = 1;
    public const double BackoffMostSeconds = 60;

    // Published targets of Azure Table storage.
    public const double PartitionEntitiesPerSecond = 2_000;
    public const double AccountTransactionsPerSecond = 20_000;
    public const int EntitiesPerPage = 1_000;

    // Assumed of a table in the same region: a page or a conditional write, and the transfer of a row.
    public const double TableCallSeconds = 0.010;
    public const double TableRowSeconds = 0.000_02;

    // Measured on one node: 30,000 small calls a second at the least, both ends on two cores.
    public const double CallSeconds = 1.0 / 30_000;

    // Assumed: a call between zones, its spread, and one call in a thousand that meets a pause of the collector or a retransmission.
    public const double RoundTripSeconds = 0.001_5;
    public const double RoundTripSpread = 0.4;
    public const double PauseShare = 0.001;
    public const double PauseSeconds = 0.1;

    // Assumed: processor time of a mutual TLS handshake, both ends' keys on P-256, on one side.
    public const double HandshakeSeconds = 0.001;

    /// <summary>A node calls its policy grain this often, whatever it was pushed: PolicyFollower.CallPeriod.</summary>
    public const double FollowerCallSeconds = 5;

    public static int Silos(int nodes) => nodes * 3 / 5;

    public static int Edges(int nodes) => nodes - Silos(nodes);
}
