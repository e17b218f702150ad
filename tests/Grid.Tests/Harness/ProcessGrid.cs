using System.Net;
using Azure.Data.Tables;
using EcStreamOrleans.Grid.Tests.Admin;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>Silos and edges of one cluster, each a process, and the books of the mail that they take.</summary>
internal sealed class ProcessGrid : IDisposable
{
    private int _edges;

    private ProcessGrid(Azurite store)
    {
        Store = store;
        Cluster = new ClusterPlace(store);
        Books = new LoadBooks(Directory.Sub("ledger"));
    }

    public TempDirectory Directory { get; } = new();

    /// <summary>Membership, state and policy.</summary>
    public Azurite Store { get; }

    public ClusterPlace Cluster { get; }

    public LoadBooks Books { get; }

    public List<Node> Silos { get; } = [];

    public List<EdgeProcess> Edges { get; } = [];

    public EdgeProcess Edge => Edges[0];

    /// <summary>A store and no node.</summary>
    public static async Task<ProcessGrid> StartStoreAsync() => new(await Azurite.StartNewAsync());

    /// <summary>So many silos and edges, all ready.</summary>
    public static async Task<ProcessGrid> StartAsync(int silos, int edges)
    {
        var grid = await StartStoreAsync();
        for (var i = 0; i < silos; i++)
        {
            await grid.AddSilo().StartAsync();
        }

        for (var i = 0; i < edges; i++)
        {
            await grid.StartEdgeAsync();
        }

        return grid;
    }

    /// <summary>A silo that is not started yet.</summary>
    public Node AddSilo()
    {
        var name = $"silo{Silos.Count}";
        var maildir = Directory.Sub($"{name}-mail");
        Silos.Add(new Node(new SiloPlace(Directory, SiloPlace.Maildir(maildir), name) { Cluster = Cluster, GatewayPort = ServicePort.Next() }, maildir));
        return Silos[^1];
    }

    public async Task<EdgeProcess> StartEdgeAsync(ProcessFaults? faults = null)
    {
        Edges.Add(EdgeProcess.StartUnder(faults, Directory, $"edge{_edges++}", Cluster));
        await Edges[^1].BecomesReadyAsync();
        return Edges[^1];
    }

    /// <summary>Starts another edge in the place of one that has ended.</summary>
    public async Task RestartEdgeAsync(int place)
    {
        Edges[place].Dispose();
        Edges[place] = EdgeProcess.StartUnder(null, Directory, $"edge{_edges++}", Cluster);
        await Edges[place].BecomesReadyAsync();
    }

    /// <summary>The cluster's silos as its table has them: a line each with what they are taken for.</summary>
    public async Task<IReadOnlyList<string>> MembersAsync()
    {
        var members = new List<string>();
        await foreach (var row in Store.Connect().GetTableClient("twoSiloInstances").QueryAsync<TableEntity>())
        {
            // Beside the silos the table has rows for its version.
            if (row.ContainsKey("Status"))
            {
                members.Add($"{row["Port"]}: {row["Status"]}");
            }
        }

        return members;
    }

    /// <summary>The books over all silos' mail, when everything has gone out and all nodes have ended in order.</summary>
    public async Task<BooksResult> BalanceAsync()
    {
        foreach (var silo in Silos)
        {
            Assert.Equal(0, (await silo.Process.DrainsAsync()).Spool.MessagesFailed);
        }

        foreach (var edge in Edges)
        {
            Assert.Equal(0, await edge.TerminateAsync());
        }

        return Books.Balance([.. Silos.Where(silo => System.IO.Directory.Exists(silo.Maildir)).SelectMany(silo => DeliveredMail.ReadAll(silo.Maildir)).Where(mail => mail.Text.Contains("X-Load-Id", StringComparison.Ordinal))], mayBeUndecided: true);
    }

    public void Dispose()
    {
        Edges.ForEach(edge => edge.Dispose());
        Silos.ForEach(silo => silo.Dispose());
        Store.Dispose();
        Directory.Dispose();
    }

    /// <summary>A silo: its place, and the process that runs there.</summary>
    internal sealed class Node(SiloPlace place, string maildir) : IDisposable
    {
        private SiloProcess? _process;

        public SiloPlace Place => place;

        public string Maildir => maildir;

        public SiloProcess Process => _process!;

        public HttpClient Admin { get; } = new() { BaseAddress = new Uri(place.Admin), Timeout = Within.Patience };

        /// <summary>Starts it, for the first time or again, and waits until it is ready.</summary>
        public async Task StartAsync()
        {
            _process?.Dispose();
            _process = await SiloProcess.StartAsync(place);
        }

        /// <summary>Suspends a peer, which a silo refuses where the policy's store is away.</summary>
        public Task<AdminAnswer> SuspendAsync(IPAddress peer, string reason) => Admin.CallAsync("POST", "policy/suspensions?wait=5", $$"""{"block":"{{peer}}","reason":"{{reason}}"}""");

        public Task<AdminAnswer> ResumeAsync(IPAddress peer) => Admin.CallAsync("DELETE", $"policy/suspensions/{peer}");

        public void Dispose()
        {
            _process?.Dispose();
            Admin.Dispose();
        }
    }
}
