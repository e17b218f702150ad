using EcStreamOrleans.Grid.Tests.Harness;
using Xunit.Abstractions;

namespace EcStreamOrleans.Grid.Tests.Processes;

/// <summary>What got K is delivered, whatever is killed and whenever.</summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public Task TheSiloKilledTwentyTimes_NothingThatGotKIsMissing() => Seeded.RunAsync(20260314, async random =>
    {
        var maildir = _directory.Sub("mail");
        var place = new SiloPlace(_directory, SiloPlace.Maildir(maildir));
        var books = new LoadBooks(_directory.Sub("ledger"));
        var silo = await SiloProcess.StartAsync(place);
        try
        {
            for (var round = 0; round < 20; round++)
            {
                using var load = StartLoad(books, place, random, out var count);
                await KillAsync(silo, load, (KillMoment)random.Next(3), count, random);
                silo.Dispose();
                await books.EndAsync(load);
                await KillStartsAsync(place, random);
                silo = await SiloProcess.StartAsync(place);
            }

            // Nothing is killed any more, so nothing more may be duplicated.
            await silo.DrainsAsync();
            var before = books.AcceptedIds();
            await books.RunAsync(place.Listen, count: 200, size: 2_000, connections: 2);
            var last = await silo.DrainsAsync();
            Assert.Equal(0, last.Spool.MessagesFailed);
            Assert.Equal(0, await silo.TerminateAsync());
            var result = books.Balance(DeliveredMail.ReadAll(maildir));
            output.WriteLine(result.Text);
            Assert.DoesNotContain(books.AcceptedIds().Except(before), result.Duplicated.ContainsKey);
        }
        finally
        {
            silo.Dispose();
        }
    });

    [Fact]
    public Task TheGatewayAndTheSiloKilledInTurns_NothingThatGotKIsMissing() => Seeded.RunAsync(20260628, async random =>
    {
        var maildir = _directory.Sub("mail");
        var port = ServicePort.Next();
        var place = new SiloPlace(_directory, SiloPlace.EcStream(port));
        var books = new LoadBooks(_directory.Sub("ledger"));
        var silo = await SiloProcess.StartAsync(place);
        var sink = await StartSinkAsync(port, maildir);
        try
        {
            for (var round = 0; round < 10; round++)
            {
                var before = (await silo.StatusAsync()).Sessions.MessagesAccepted;
                using var load = StartLoad(books, place, random, out var count);
                var wanted = random.Next(1, count + 1);
                await silo.ReachesAsync(s => load.HasExited || s.Sessions.MessagesAccepted - before >= wanted, $"{wanted} of {count} messages are accepted");
                var victims = random.Next(3);
                if (victims != 1)
                {
                    sink.Dispose();
                }

                if (victims != 0)
                {
                    silo.Dispose();
                }

                // Mail goes on coming in while the gateway is away.
                await books.EndAsync(load);
                silo = victims != 0 ? await SiloProcess.StartAsync(place) : silo;
                sink = victims != 1 ? await StartSinkAsync(port, maildir) : sink;
            }

            var last = await silo.DrainsAsync();
            Assert.Equal(0, last.Spool.MessagesFailed);
            Assert.Equal(0, await silo.TerminateAsync());
            output.WriteLine(books.Balance(DeliveredMail.ReadAll(maildir)).Text);
        }
        finally
        {
            silo.Dispose();
            sink.Dispose();
        }
    });

    private static async Task<ToolProcess> StartSinkAsync(int port, string maildir)
    {
        var sink = ToolProcess.EcGrid("sink", "--listen", $"127.0.0.1:{port}", "--maildir", maildir);
        await sink.LineAsync("listening on ");
        return sink;
    }

    private static ToolProcess StartLoad(LoadBooks books, SiloPlace place, Random random, out int count)
    {
        count = random.Next(150, 500);
        int[] windows = [1, 20, 1_000];
        return books.Start(place.Listen, count, random.Next(1_024, 20_480), random.Next(1, 6), windows[random.Next(windows.Length)]);
    }

    private static async Task KillAsync(SiloProcess silo, ToolProcess load, KillMoment moment, int count, Random random)
    {
        var wanted = random.Next(1, count + 1);
        switch (moment)
        {
            case KillMoment.WhileAccepting:
                await silo.ReachesAsync(s => load.HasExited || s.Sessions.MessagesAccepted >= wanted, $"{wanted} of {count} messages are accepted");
                break;
            case KillMoment.WhileRelaying:
                await silo.ReachesAsync(s => s.Sessions.MessagesAccepted > 0 && s.Relay.Delivered >= wanted, $"{wanted} of {count} messages are relayed");
                break;
            case KillMoment.BehindTheLoad:
                await load.ExitAsync();
                break;
        }

        silo.Kill();
    }

    /// <summary>Now and then a start is killed, too: in the midst of recovery, or as the relay begins.</summary>
    private static async Task KillStartsAsync(SiloPlace place, Random random)
    {
        if (random.Next(4) == 0)
        {
            using var starting = SiloProcess.Launch(place);
            for (var polls = random.Next(40); polls > 0 && !await starting.IsReadyAsync(); polls--)
            {
            }

            starting.Kill();
        }
    }

    private enum KillMoment
    {
        WhileAccepting,
        WhileRelaying,
        BehindTheLoad,
    }
}
