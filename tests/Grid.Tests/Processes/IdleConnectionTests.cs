using System.Net;
using System.Net.Sockets;
using EcStreamOrleans.Grid.Tests.Harness;
using Xunit.Abstractions;

namespace EcStreamOrleans.Grid.Tests.Processes;

/// <summary>Connections that do nothing cost little and stand in nobody's way.</summary>
public sealed class IdleConnectionTests(ITestOutputHelper output) : IDisposable
{
    private const int Wanted = 10_000;
    private const int Peers = 8;
    private const long MostBytesEach = 20 * 1024;

    // What test host and silo need beside the connections.
    private const int OtherDescriptors = 1_000;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task TenThousandIdleConnections_CostLittle_AndOthersAreServed()
    {
        var place = new SiloPlace(_directory, SiloPlace.Maildir(_directory.Sub("mail")));
        using var silo = await SiloProcess.StartAsync(place, "--Grid:Limits:MaxSessionsPerPeer=0");
        var books = new LoadBooks(_directory.Sub("ledger"));
        var count = (int)Math.Min(Wanted, MostDescriptors(silo.Process.Id) - OtherDescriptors);
        if (count < Wanted)
        {
            output.WriteLine($"The limit of open files allows {count} connections instead of {Wanted}.");
        }

        // Code is compiled and pools are made once, whatever the number of connections.
        var warmUp = await ConnectAsync(place.EndPoint, count / 10);
        await books.RunAsync(place.Listen, count: 500, size: 2_000, connections: 2);
        await silo.ReachesAsync(s => s.Sessions.Active == count / 10, "the first connections are sessions");
        warmUp.ForEach(socket => socket.Dispose());
        await silo.ReachesAsync(s => s.Sessions.Active == 0, "the first connections are gone");

        var before = silo.ResidentBytes();
        var idle = await ConnectAsync(place.EndPoint, count);
        await silo.ReachesAsync(s => s.Sessions.Active == count, $"{count} connections are sessions");
        var after = silo.ResidentBytes();
        var each = (after - before) / count;
        output.WriteLine($"{count} idle connections: {before >> 20} MiB before, {after >> 20} MiB after, {each:N0} bytes each.");
        Assert.InRange(each, long.MinValue, MostBytesEach);

        var start = TimeProvider.System.GetTimestamp();
        await books.RunAsync(place.Listen, count: 500, size: 2_000, connections: 2);
        output.WriteLine($"Beside them 500 messages took {TimeProvider.System.GetElapsedTime(start).TotalSeconds:0.0} s, the client's start included.");
        Assert.Equal(count, (await silo.StatusAsync()).Sessions.Active);

        idle.ForEach(socket => socket.Dispose());
        await silo.ReachesAsync(s => s.Sessions.Active == 0, "all sessions have ended");
        await silo.DrainsAsync();
        Assert.Equal(0, await silo.TerminateAsync());
        Assert.Empty(books.Balance(DeliveredMail.ReadAll(_directory.Sub("mail"))).Duplicated);
    }

    /// <summary>Connects from several addresses: each is a peer, and one address has not ports enough.</summary>
    private static async Task<List<Socket>> ConnectAsync(EndPoint server, int count)
    {
        const int AtOnce = 100;
        var sockets = new List<Socket>(count);
        for (var first = 0; first < count; first += AtOnce)
        {
            sockets.AddRange(await Task.WhenAll(Enumerable.Range(first, Math.Min(AtOnce, count - first)).Select(async i =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Parse($"127.0.7.{1 + (i % Peers)}"), 0));
                await Within.PatienceOf(socket.ConnectAsync(server), $"connection {i} is made");
                return socket;
            })));
        }

        return sockets;
    }

    /// <summary>How many files both this process and the silo may open.</summary>
    private static long MostDescriptors(int silo) => new[] { $"/proc/{silo}/limits", "/proc/self/limits" }
        .Select(file => File.ReadLines(file).Single(line => line.StartsWith("Max open files", StringComparison.Ordinal)))
        .Select(line => line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0])
        .Min(limit => limit == "unlimited" ? long.MaxValue : long.Parse(limit));
}
