using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Grid.Tests.Harness;
using Xunit.Abstractions;

namespace EcStreamOrleans.Grid.Tests.Processes;

/// <summary>Silos that keep copies of each other's mail, each a process: what got K is delivered though one of them and its disk are lost.</summary>
public sealed class CopyTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly List<Node> _silos = [];
    private Azurite _azurite = null!;
    private LoadBooks _books = null!;
    private string[] _more = [];

    public async Task InitializeAsync()
    {
        _azurite = Azurite.Missing is null ? await Azurite.StartNewAsync() : new Azurite();
        _books = new LoadBooks(_directory.Sub("ledger"));
    }

    public Task DisposeAsync()
    {
        _silos.ForEach(silo => silo.Process?.Dispose());
        _azurite.Dispose();
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [AzuriteFact]
    public async Task TheOwnerKilledAndItsDiskLost_ItsHolderDeliversAllThatGotK_UnderTheSameIds()
    {
        // Nothing goes out at the owner: all of it is up to the holder.
        var (owner, holder) = await StartTwoAsync(ownerDelivers: false);
        using var load = await LoadAsync(owner);
        owner.Process!.Kill();
        await _books.EndAsync(load);
        Directory.Delete(owner.Place.Data, recursive: true);

        await TakesOverAsync(holder);
        await DeliveredAsync(holder);
        var delivered = DeliveredMail.ReadAll(holder.Maildir);
        output.WriteLine(_books.Balance(delivered, mayBeUndecided: true).Text);
        Assert.All(delivered, mail => Assert.Contains($"_{owner.SpoolId}-", mail.File, StringComparison.Ordinal));
    }

    [AzuriteFact]
    public async Task TheHolderKilledUnderLoad_NothingThatGotKIsMissing_AndTheThirdGetsItsCopies()
    {
        var owner = Add("a", delivers: false);
        var others = new[] { Add("b", delivers: true), Add("c", delivers: true) };
        await StartAsync([owner, .. others]);
        var first = await HolderOfAsync(owner);
        using var load = await LoadAsync(owner);
        first.Process!.Kill();
        await _books.EndAsync(load);

        var second = others.Single(silo => silo != first);
        await ReachesAsync(owner, copies => copies is { RecordsMissing: 0, Holder: { } name } && name.StartsWith(second.SpoolId, StringComparison.Ordinal), "the other silo has all copies");
        owner.Process!.Kill();
        Directory.Delete(owner.Place.Data, recursive: true);
        await TakesOverAsync(second);
        await DeliveredAsync(second);
        output.WriteLine(_books.Balance(DeliveredMail.ReadAll(second.Maildir), mayBeUndecided: true).Text);
    }

    [AzuriteFact]
    public async Task AnOwnerThatReturns_DeliversNothingThatItsHolderHas()
    {
        var (owner, holder) = await StartTwoAsync(ownerDelivers: false);
        await _books.RunAsync(owner.Place.Listen, count: 500, size: 2_048, connections: 2);
        owner.Process!.Kill();
        await TakesOverAsync(holder);
        await DeliveredAsync(holder);

        // Now it could deliver, and has all of it on its disk.
        owner.Process.Dispose();
        await File.WriteAllTextAsync(owner.Place.ConfFile, $"{SiloPlace.Maildir(owner.Maildir)}\n{await File.ReadAllTextAsync(owner.Place.ConfFile)}");
        await StartAsync(owner);
        Assert.Equal(0, (await owner.Process!.DrainsAsync()).Relay.Delivered);
        await _books.RunAsync(owner.Place.Listen, count: 100, size: 1_024);
        await owner.Process.DrainsAsync();
        var result = _books.Balance([.. DeliveredMail.ReadAll(owner.Maildir), .. DeliveredMail.ReadAll(holder.Maildir)]);
        output.WriteLine(result.Text);
        Assert.Empty(result.Duplicated);
    }

    [AzuriteFact]
    public async Task AnOwnerThatReturns_AndCannotReachItsHolder_GoesOnInTime_AndSaysSo()
    {
        _more = ["--Grid:Spool:WhenAlone=GoOn", "--Grid:Spool:ReturnTime=3"];
        var (owner, holder) = await StartTwoAsync(ownerDelivers: false);
        await HolderOfAsync(owner);
        await _books.RunAsync(owner.Place.Listen, count: 50, size: 1_024);
        owner.Process!.Kill();
        holder.Process!.Kill();
        owner.Process.Dispose();
        await File.WriteAllTextAsync(owner.Place.ConfFile, $"{SiloPlace.Maildir(owner.Maildir)}\n{await File.ReadAllTextAsync(owner.Place.ConfFile)}");
        await StartAsync(owner);
        await owner.Process!.DrainsAsync();
        Assert.Contains("may have delivered in this silo's absence and have not been heard of for 3 s: 50 messages", owner.Process.Process.Output, StringComparison.Ordinal);
        _books.Balance(DeliveredMail.ReadAll(owner.Maildir));
    }

    [AzuriteFact]
    public async Task AHolderThatHangs_IsLeft_AndNothingThatGotKIsMissing_NorDeliveredTwice()
    {
        _more = ["--Grid:Spool:WhenAlone=GoOn"];
        var (owner, holder) = await StartTwoAsync(ownerDelivers: true);
        await HolderOfAsync(owner);
        using var load = await LoadAsync(owner);
        await holder.Process!.Process.FreezeAsync();
        await _books.EndAsync(load);
        await ReachesAsync(owner, copies => copies.Holder is null, "the owner has left the holder that hangs");
        await _books.RunAsync(owner.Place.Listen, count: 200, size: 1_024);
        await owner.Process!.DrainsAsync();
        var result = _books.Balance(DeliveredMail.ReadAll(owner.Maildir), mayBeUndecided: true);
        output.WriteLine(result.Text);
        Assert.Empty(result.Duplicated);
    }

    [AzuriteFact]
    public async Task AnOwnerThatStopsInOrder_KeepsItsMail()
    {
        var (owner, holder) = await StartTwoAsync(ownerDelivers: false);
        await _books.RunAsync(owner.Place.Listen, count: 50, size: 1_024);
        Assert.Equal(0, await owner.Process!.TerminateAsync());

        var report = (await ReachesAsync(holder, copies => copies.Held.Any(held => held.LeftAt is not null), "the holder knows that the owner has left")).Held.Single();
        Assert.Equal((50, false), (report.MessagesWaiting, report.TakenOver));
        owner.Process.Dispose();
        await StartAsync(owner);
        Assert.Equal(50, (await owner.Process!.StatusAsync()).Spool.MessagesWaiting);
        Assert.Empty(Directory.Exists(holder.Maildir) ? DeliveredMail.ReadAll(holder.Maildir) : []);
    }

    [AzuriteFact]
    public async Task Alone_MailIsPutOff_UntilAnotherSiloIsThere()
    {
        var owner = Add("a", delivers: true);
        owner.Process = SiloProcess.Launch(owner.Place, [.. Copies, .. _more]);
        await Within.Becomes(() => owner.Process.Process.Output.Contains("No other silo is there to hold copies: no mail is taken", StringComparison.Ordinal), "the silo says that it is alone");
        await Within.Becomes(async () => await owner.Process.IsReadyAsync() || await IsServingAsync(owner), "the silo answers");
        using (var client = await RawClient.ConnectAsync(owner.Place.EndPoint))
        {
            await client.SendAsync(RawClient.Package("Subject: x\n\nx"));
            Assert.StartsWith("Z4.3.2 no other silo is there to hold a copy, and Grid:Spool:Copies = 2 (Grid:Spool:WhenAlone = Refuse)", await client.ReadReplyAsync());
        }

        Assert.False(await owner.Process.IsReadyAsync());
        Assert.Contains("copies: no other silo is there to hold a copy", Assert.Single((await owner.Process.StatusAsync()).NotReady));
        Assert.Equal(0, (await owner.Process.StatusAsync()).Spool.MessagesWaiting);
        await StartAsync(Add("b", delivers: true));
        await owner.Process.BecomesReadyAsync();
        await _books.RunAsync(owner.Place.Listen, count: 20, size: 1_024);
        await owner.Process.DrainsAsync();
        _books.Balance(DeliveredMail.ReadAll(owner.Maildir));
    }

    [AzuriteFact]
    public async Task Alone_MailIsTaken_AsConfigured_AndCopiedWhenAnotherSiloIsThere()
    {
        _more = ["--Grid:Spool:WhenAlone=GoOn"];
        var owner = Add("a", delivers: false);
        await StartAsync(owner);
        await _books.RunAsync(owner.Place.Listen, count: 100, size: 1_024);
        Assert.True((await owner.Process!.StatusAsync()).Copies!.RecordsMissing > 0);

        var holder = Add("b", delivers: true);
        await StartAsync(holder);
        await ReachesAsync(owner, copies => copies is { Holder: not null, RecordsMissing: 0 }, "what was taken alone has its copy");
        owner.Process.Kill();
        Directory.Delete(owner.Place.Data, recursive: true);
        await TakesOverAsync(holder);
        await DeliveredAsync(holder);
        _books.Balance(DeliveredMail.ReadAll(holder.Maildir));
    }

    private static readonly string[] Copies = ["--Grid:Spool:Copies=2"];

    private async Task<(Node Owner, Node Holder)> StartTwoAsync(bool ownerDelivers)
    {
        var (owner, holder) = (Add("a", ownerDelivers), Add("b", delivers: true));
        await StartAsync(owner, holder);
        return (owner, holder);
    }

    private Node Add(string name, bool delivers)
    {
        var maildir = _directory.Sub($"{name}-mail");
        var place = new SiloPlace(_directory, delivers ? SiloPlace.Maildir(maildir) : "", name) { Cluster = new ClusterPlace(_azurite), GatewayPort = ServicePort.Next() };
        var node = new Node(place, maildir);
        _silos.Add(node);
        return node;
    }

    // At once: alone none of them would be ready.
    private async Task StartAsync(params Node[] silos)
    {
        foreach (var silo in silos)
        {
            silo.Process = SiloProcess.Launch(silo.Place, [.. Copies, .. _more]);
        }

        foreach (var silo in silos)
        {
            await silo.Process!.BecomesReadyAsync();
            silo.SpoolId = (await silo.Process.StatusAsync()).Spool.Id;
        }
    }

    private async Task<Node> HolderOfAsync(Node owner)
    {
        var copies = await ReachesAsync(owner, copies => copies is { Holder: not null, RecordsMissing: 0 }, "the owner has a holder");
        return _silos.Single(silo => copies.Holder!.StartsWith(silo.SpoolId, StringComparison.Ordinal));
    }

    /// <summary>A load in the midst of which something is to happen.</summary>
    private async Task<ToolProcess> LoadAsync(Node silo)
    {
        var before = _books.AcceptedIds().Count;
        var load = _books.Start(silo.Place.Listen, count: 20_000, size: 2_048, connections: 4, window: 4);
        await Within.Becomes(() => load.HasExited || _books.AcceptedIds().Count > before + 500, "the load is under way");
        Assert.False(load.HasExited, load.Describe());
        return load;
    }

    private static async Task<bool> IsServingAsync(Node silo)
    {
        try
        {
            return (await silo.Process!.StatusAsync()).NotReady is [var only] && only.StartsWith("copies: ", StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static Task TakesOverAsync(Node holder) => ReachesAsync(holder, copies => copies.Held.Any(held => held.TakenOver), "the holder has taken over");

    private static Task DeliveredAsync(Node holder) => ReachesAsync(holder, copies => copies.Held.All(held => held.MessagesWaiting == 0), "the holder has delivered all copies");

    private static async Task<CopiesReport> ReachesAsync(Node silo, Func<CopiesReport, bool> question, string what)
    {
        CopiesReport? copies = null;
        try
        {
            await Within.Becomes(async () => (copies = (await silo.Process!.StatusAsync()).Copies) is { } report && question(report), what, TimeSpan.FromSeconds(120));
        }
        catch (TimeoutException timeout)
        {
            throw new TimeoutException($"{timeout.Message}\n{copies}\n{silo.Process!.Process.Describe()}", timeout);
        }

        return copies!;
    }

    private sealed class Node(SiloPlace place, string maildir)
    {
        public SiloPlace Place => place;

        public string Maildir => maildir;

        public string SpoolId { get; set; } = "";

        public SiloProcess? Process { get; set; }
    }
}
