namespace EcStreamOrleans.Scale;

/// <summary>What a quiet cluster does to its membership table and its connections, by arithmetic.</summary>
internal sealed record SteadyLoad(int Nodes)
{
    public int Silos { get; } = Assumptions.Silos(Nodes);

    public int Edges { get; } = Assumptions.Edges(Nodes);

    /// <summary>Probes between silos.</summary>
    public double ProbesPerSecond => Silos * Math.Min(Assumptions.ProbedSilos, Silos - 1) / Assumptions.ProbeSeconds;

    public double HeartbeatWritesPerSecond => Silos / Assumptions.HeartbeatSeconds;

    /// <summary>Rows that silos read: each the whole table, its version included.</summary>
    public double SiloRowsPerSecond => Silos * (Silos + 1) / Assumptions.TableRefreshSeconds;

    /// <summary>Rows that edges read: the gateway list is the table's silos that are up.</summary>
    public double EdgeRowsPerSecond => Edges * Silos / Assumptions.GatewayRefreshSeconds;

    public double RowsPerSecond => SiloRowsPerSecond + EdgeRowsPerSecond + HeartbeatWritesPerSecond;

    public double TransactionsPerSecond =>
        HeartbeatWritesPerSecond
        + (Silos / Assumptions.TableRefreshSeconds * Math.Ceiling((Silos + 1.0) / Assumptions.EntitiesPerPage))
        + (Edges / Assumptions.GatewayRefreshSeconds * Math.Ceiling((double)Silos / Assumptions.EntitiesPerPage));

    /// <summary>The share of what one partition takes; membership of a cluster is one partition.</summary>
    public double PartitionShare => RowsPerSecond / Assumptions.PartitionEntitiesPerSecond;

    public double AccountShare => TransactionsPerSecond / Assumptions.AccountTransactionsPerSecond;

    /// <summary>Connections of one silo: to every other, and from every edge.</summary>
    public int ConnectionsPerSilo => Silos - 1 + Edges;

    /// <summary>Processor time for the handshakes of a silo that comes.</summary>
    public double HandshakeSecondsOfAStart => ConnectionsPerSilo * Assumptions.HandshakeSeconds;

    /// <summary>The share of one grain's turns that the calls of its followers take.</summary>
    public double PolicyGrainShare => Nodes / Assumptions.FollowerCallSeconds * Assumptions.CallSeconds;

    /// <summary>The most nodes with which the partition is not asked for more than it takes.</summary>
    public static int NodesThatFillThePartition()
    {
        var nodes = 10;
        while (new SteadyLoad(nodes + 1).PartitionShare <= 1)
        {
            nodes++;
        }

        return nodes;
    }
}
