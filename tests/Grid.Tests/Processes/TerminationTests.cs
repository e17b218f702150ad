using EcStreamOrleans.Grid.Tests.Harness;
using Xunit.Abstractions;

namespace EcStreamOrleans.Grid.Tests.Processes;

/// <summary>SIGTERM, as a service manager stops a silo: in the midst of its work, and in order.</summary>
public sealed class TerminationTests(ITestOutputHelper output) : IDisposable
{
    // Packages of the busy client that may await their reply: enough to be in the midst of things.
    private const int Window = 50;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task UnderLoad_EndsInOrder_AndTheNextStartDeliversTheRest()
    {
        var maildir = _directory.Sub("mail");
        var place = new SiloPlace(_directory, SiloPlace.Maildir(maildir));
        var books = new LoadBooks(_directory.Sub("ledger"));
        var first = await SiloProcess.StartAsync(place);
        try
        {
            using var quiet = await RawClient.ConnectAsync(place.EndPoint);
            await quiet.SendAsync(RawClient.Package(Numbered("quiet", 0)));
            Assert.StartsWith("K", await quiet.ReadReplyAsync());
            using var busy = await RawClient.ConnectAsync(place.EndPoint);
            using var window = new SemaphoreSlim(Window);
            using var closed = new CancellationTokenSource();
            var sending = Task.Run(() => SendAsync(busy, window, closed.Token));
            var replying = Task.Run(() => ReadRepliesAsync(busy, window, closed));
            using var load = books.Start(place.Listen, count: 1_000_000, size: 5_000, connections: 3, window: 20);
            await first.ReachesAsync(s => s is { Relay.Delivered: >= 500, Sessions.Active: 5 }, "the load is under way, on all its connections");
            await ObstructAsync(maildir);
            var accepting = (await first.StatusAsync()).Sessions.MessagesAccepted;
            await first.ReachesAsync(s => s.Sessions.MessagesAccepted >= accepting + 500, "mail is accepted while its delivery fails");

            var told = TimeProvider.System.GetTimestamp();
            Assert.Equal(0, await first.TerminateAsync());
            output.WriteLine($"The silo ended {TimeProvider.System.GetElapsedTime(told).TotalSeconds:0.0} s after SIGTERM.");

            // A client that is not in the midst of anything sees a plain close.
            Assert.Empty(await quiet.ReadToEndAsync());
            await sending;
            var (accepted, refused) = await replying;
            output.WriteLine($"A busy client had {accepted.Count} K and {refused} D when the silo stopped.");
            Assert.InRange(accepted.Count, 1, int.MaxValue);
            var loaded = await books.EndAsync(load);
            Assert.InRange(loaded, 1, 999_999);
            Assert.DoesNotContain("fail: EcStreamOrleans", first.Process.Output);
            var lastRelayed = DeliveredMail.ReadAll(maildir).Count;
            Assert.InRange(lastRelayed, 500, loaded + accepted.Count);
            output.WriteLine($"{loaded} messages of the load were accepted, {lastRelayed} of all were relayed.");

            File.Delete(Path.Combine(maildir, "tmp"));
            using var second = await SiloProcess.StartAsync(place);
            var status = await second.DrainsAsync();
            Assert.Equal(0, status.Spool.MessagesFailed);
            Assert.Equal(0, await second.TerminateAsync());
            var mails = DeliveredMail.ReadAll(maildir);
            var numbered = mails.Where(m => m.Text.StartsWith("X-Number: ", StringComparison.Ordinal)).ToList();
            output.WriteLine(books.Balance([.. mails.Except(numbered)]).Text);

            // The file's name has the id that the reply gave: each is the very message that was answered there.
            var byId = numbered.ToLookup(m => m.File.Split('_')[1].Split('.')[0], m => m.Text);
            Assert.All(accepted, a => Assert.Equal(Numbered("busy", a.Number), byId[a.Id].First()));
        }
        finally
        {
            first.Dispose();
        }
    }

    /// <summary>Puts a file where the Maildir's tmp belongs: deliveries fail for the time being.</summary>
    private static Task ObstructAsync(string maildir)
    {
        var tmp = Path.Combine(maildir, "tmp");
        return Within.Becomes(
            () =>
            {
                try
                {
                    if (Directory.Exists(tmp))
                    {
                        Directory.Move(tmp, Path.Combine(maildir, Path.GetRandomFileName()));
                    }

                    using var file = new FileStream(tmp, FileMode.CreateNew);
                    return true;
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    // A delivery has made the directory again in between.
                    return false;
                }
            },
            "a file stands where the Maildir's tmp belongs");
    }

    /// <summary>Sends for as long as it is let, every tenth package unsound.</summary>
    private static async Task SendAsync(RawClient client, SemaphoreSlim window, CancellationToken closed)
    {
        try
        {
            for (var number = 0; ; number++)
            {
                await window.WaitAsync(closed);
                await client.SendAsync(number % 10 == 3 ? "0:,"u8.ToArray() : RawClient.Package(Numbered("busy", number)));
            }
        }
        catch (Exception end) when (end is IOException or OperationCanceledException)
        {
            // The silo takes no more.
        }
    }

    /// <summary>Reads to the end: the replies stand in the order of the packages.</summary>
    private static async Task<(List<(int Number, string Id)> Accepted, int Refused)> ReadRepliesAsync(RawClient client, SemaphoreSlim window, CancellationTokenSource closed)
    {
        List<(int Number, string Id)> accepted = [];
        var refused = 0;
        try
        {
            for (var number = 0; ; number++)
            {
                var reply = await client.ReadReplyAsync();
                window.Release();
                if (reply[0] == 'K')
                {
                    Assert.NotEqual(3, number % 10);
                    accepted.Add((number, reply.Split(' ')[^1]));
                }
                else
                {
                    // Whole packages that were not taken any more may be put off.
                    Assert.True(number % 10 == 3 ? reply[0] == 'D' : reply[0] == 'Z', $"Package {number}: {reply}");
                    refused++;
                }
            }
        }
        catch (EndOfStreamException end)
        {
            Assert.EndsWith("unread: ''.", end.Message);
            await closed.CancelAsync();
        }

        return (accepted, refused);
    }

    private static string Numbered(string client, int number) => $"X-Number: {number}\r\n\r\nThe {number}th of the {client} one.\r\n";
}
